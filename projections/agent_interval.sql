-- How long was each agent in each state in each quarter of an hour, why paused, and for which queue on calls?
-- key: rep, interval, state, reason, queue
-- live: 24 hours of interval
SELECT rep,
       time_bucket(INTERVAL 15 MINUTES, began_at)                                  AS interval,
       state,
       reason,
       queue,
       seconds,
       1                                                                           AS pieces
FROM agents
WHERE type = 'agent.state_lasted'
