"""What a FreeSWITCH says, and what follows."""
