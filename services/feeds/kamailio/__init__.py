"""Kamailio: what `acc_json` and the dialog module say of calls in, facts out; from files, evapi, or its Kafka topic.

**Records.** One JSON object each: a transaction (INVITE, BYE and their final codes, in epoch seconds), a CDR (from when
to when, to the millisecond), and an event of the dialog module that the configuration writes, as `{"event":
"dialog:start" | "dialog:end" | "dialog:failed", "callid", "src", "dst", "ts", "start_ts"}`. They come in no certain
order: a CDR before or after the last transaction, and from a topic in that of its partitions, because the records of a
call do not share a key there. So a call is the set of what was seen of it (`call`), and what is told twice is told
once: the missed flag and the flag of acc both log one refusal, and a 503 is logged again as the 500 that the caller
gets.

**When a call is told.** When all that matters was seen: of a call that was answered its INVITE, its CDR and its BYE, of
another one its refusal and its CDR. Otherwise five seconds after its end, by the clock of the records: what is missing
then is told less exactly. Where no CDR was ever seen, a refusal waits three minutes instead, for another branch that
may answer. When nothing more is said at all, a live feed tells such a call with whatever comes next.

**Outcomes.** `answered`; `busy` for 486, 600 and 603; `no_answer` for 487 (the caller gave up), 408 and 480; `failed`
for every other refusal, and where only the CDR or the dialog module says that a call came to nothing. 401 and 407 ask
who is calling, and are no refusal.

**Durations** are whole seconds, cut down from the milliseconds of the CDR; without a CDR they are differences of epoch
seconds. The CDR of a call that nobody answered begins with the INVITE and ends there: `wait_seconds` is counted from it
to the refusal, whose second is told, and is within one of the truth. The CDR of an answered call begins with the answer
(`cdr_start_on_confirmed = 1`) and then nothing says how long it rang: waiting is 0. Without that setting it begins with
the INVITE: where the answer is told two or more seconds later, waiting and ringing are what lies between, and the
answer is as exact as its second.

**Direction and reps.** A user part is ours when the roster names it, or when it is an extension or a name and no number
of the world (at most six digits). From ours to another is outbound, from another to ours inbound, between ours
internal; what is neither is inbound. The rep is who made an outbound call or answered another one; numbers that the
roster does not name are nobody. `call.answered` is told of inbound calls that a rep answers, like everywhere.

**Who hung up** is whoever sent the BYE, by the user parts of INVITE and BYE; the caller, where a call was cancelled.

**What is not told.** Queues and agents, holding, and where a transfer went: a proxy sees none of that. A Call-ID that
holds seven digits in a row, which may be a number, stands in events as its SHA-256.

**What Kamailio must be told.** `cdr_enable = 1`, `cdr_start_on_confirmed = 1`; in `acc_extra` `src_user=$fU` and
`dst_user=$rU` (or `$tU`); in `cdr_extra` the same two from the dialog and `call_id`: a CDR has no Call-ID of its own.
evapi must write a line for each object (`netstring_format = 0`, and a line feed in what is sent).
The kafka module is there from Kamailio 6.0 on, and starts only when its topic exists.
"""
