"""The staffing table: how many people there may be, at what cost, and who has which seat."""
