-- What is each agent doing now, and since when?
-- key: rep
-- live: for ever
SELECT rep,
       state                                                                       AS last_state,
       reason                                                                      AS last_reason,
       queue                                                                       AS last_queue,
       strftime(time, '%Y-%m-%dT%H:%M:%S.%fZ')                                     AS last_since
FROM agents
WHERE type = 'agent.state_entered'
