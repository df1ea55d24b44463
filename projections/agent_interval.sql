-- How long was each agent in each state in each quarter of an hour?
-- key: rep, interval, state, reason
SELECT rep,
       time_bucket(INTERVAL 15 MINUTES, began_at)                                  AS interval,
       state,
       reason,
       seconds,
       1                                                                           AS pieces
FROM agents
WHERE type = 'agent.state_lasted'
