/* What goes wrong while a job runs: the world (E3xx) and data (E4xx). */
#include "cli/error_table.h"

const struct error_row error_rows_world[] = {
    { .code = 301,
      .title = "the store refuses",
      .means = "The store answers and says no: permission, quota, a path that cannot be, or a "
               "checkpoint that belongs to another job. Nothing is lost: the worker keeps what it "
               "has and tries again, where that can help.",
      .example = "level=error job=orders event=job.error code=E301 kind=FATAL msg=\"the checkpoint "
                 "belongs to job 'orders', this is job 'clicks'\"",
      .mend = "Do what the store's words say, mostly hdfs dfs -chown or -setSpaceQuota. The job "
              "goes on by itself." },
    { .code = 302,
      .title = "the store is away",
      .means = "No NameNode or DataNode answers, or the one that does is a standby. The worker "
               "waits and asks the other servers.",
      .example = "level=warning job=orders event=store.retry code=E302 again=0 next=1s msg=\"make "
                 "the directory '/c': nn1:9870: Failed to connect to nn1 port 9870\"",
      .mend = "Look at the servers that the message names. The job goes on by itself." },
    { .code = 303,
      .title = "Kafka is away",
      .means = "No broker answers. What was received goes on being processed.",
      .example = "level=warning job=orders event=source.retry code=E303 again=0 "
                 "msg=\"Local: All broker connections are down: broker1:9092/bootstrap: Connect to "
                 "ipv4#10.0.0.7:9092 failed: Connection refused\"",
      .mend =
          "Look at the brokers, bootstrap.servers and the firewall. The job goes on by itself." },
    { .code = 304,
      .title = "no such topic",
      .means = "Kafka has no topic of this name, and the job waits for it.",
      .example = "level=warning job=orders event=source.retry code=E304 again=0 "
                 "msg=\"topic ordres: Broker: Unknown topic or partition\"",
      .mend = "Create it, or mend the name in `topics`." },
    { .code = 305,
      .title = "the login is refused",
      .means = "Kafka or the store does not take who we say we are, or Kafka does not let us "
               "read the topic or use the group.",
      .example = "level=warning job=orders event=source.retry code=E305 again=0 "
                 "msg=\"Local: Authentication failure: sasl_plaintext://broker1:9093/bootstrap: "
                 "SASL PLAIN mechanism handshake failed\"",
      .mend = "Look at the user, the password and the mechanism: sasl.* of the source, `store` of "
              "the settings; then at Kafka's ACLs of the topic and of group.id." },
    { .code = 310,
      .title = "the NameNode is in safe mode",
      .means =
          "HDFS does not take writes while its NameNode starts, or when DataNodes are missing.",
      .example = "level=warning job=orders event=store.retry code=E310 again=0 next=1s "
                 "msg=\"rename 'tmp/7.5d1c04f3a8b92e60/42' at nn1:9870: 403 SafeModeException: "
                 "Name node is in safe mode.\"",
      .mend = "Wait, or ask hdfs dfsadmin -safemode get. The job goes on by itself." },
    { .code = 320,
      .title = "the disk is full",
      .means =
          "The store or the state directory has no space left. Receivers wait; nothing is lost.",
      .example = "level=warning job=orders event=store.retry code=E320 again=0 next=1s msg=\"write "
                 "'tmp/7.5d1c04f3a8b92e60/42': No space left on device\"",
      .mend = "Make space. The job goes on by itself." },
    { .code = 330,
      .title = "an offset out of range",
      .means =
          "Kafka has deleted records before they were read; the range is named exactly. Or the "
          "topic was deleted and made anew, or a leader that lacked its end has cut it: then "
          "other records stand where some were read, and nothing can tell which are new.",
      .example = "level=error job=orders event=job.error code=E330 kind=FATAL msg=\"lines/2: "
                 "offset 881 is gone: Kafka has 9378 to 12004 (onOffsetOutOfRange decides)\"",
      .mend =
          "With onOffsetOutOfRange: fail, the default, the job stops so that somebody can "
          "look; earliest and latest go on from there, and count what is lost. A topic that was "
          "made anew or cut stops the job whatever the policy: give it another checkpoint to "
          "read that topic from its beginning." },
    { .code = 350,
      .title = "a damaged block of the log",
      .means =
          "A file of the write-ahead log or of the batch log does not have the bytes that "
          "were written: its checksum says so. The records of a group commit (wal/) are read "
          "from Kafka again, with those behind them: event=wal.damaged. When Kafka has them no "
          "more, or what is damaged is the batch log (log/), or a file is missing, the job stops "
          "and names it.",
      .example =
          "level=error job=orders event=job.error code=E350 kind=FATAL "
          "msg=\"e7.5d1c04f3a8b92e60/log/1: the checksum of the file's 238 bytes does not fit\"",
      .mend = "Look at the store's disks. tidemark wal verify JOB reads all of it." },
    { .code = 351,
      .title = "a damaged snapshot",
      .means = "A snapshot does not have the bytes that were written. At a start the one before it "
               "is used, with the batch log behind it; a new one that does not read back as it was "
               "written stops the job, before anything older is deleted.",
      .example = "level=error job=orders event=job.error code=E351 kind=FATAL msg=\"snapshot "
                 "e7.5d1c04f3a8b92e60/snap/40, read back: other bytes than were written\"",
      .mend = "Look at the store's disks; then start the job again, which loses nothing." },
    { .code = 360,
      .title = "fenced: another worker owns the job",
      .means = "Another daemon has taken the job over. This one stops working on it and stands by.",
      .example = "level=warning job=orders event=job.fenced code=E360 msg=\"another worker took "
                 "the job over: e8.0b6f9d21c47a53fe\"",
      .mend = "Nothing, if the other one is meant to have it. Else stop the job there." },
    { .code = 401,
      .title = "not UTF-8",
      .means = "The bytes of the record, or of a part of it, are no UTF-8 text. Only what the job "
               "looks at is "
               "asked: a count takes any bytes.",
      .example = "line 1 (\"caf�\"): error[E401]: the value is not UTF-8",
      .mend = "Give the source value.format: bytes when it is no text." },
    { .code = 402,
      .title = "not JSON",
      .means = "The text is not one JSON document.",
      .example = "line 1 (\"{\"user\": \"): error[E402]: transformations[0].map: `_.value.json`: "
                 "\"{\\\"user\\\": \" is not JSON",
      .mend = "Look at the record: tidemark dlq show JOB." },
    { .code = 403,
      .title = "a conversion that failed",
      .means = "The text is no number, or no line of CSV.",
      .example = "line 1 (\"12,5\"): error[E403]: transformations[0].map: `_.value.toDouble`: "
                 "\"12,5\" is not a number",
      .mend = "Filter such records out before, or let them become dead letters." },
    { .code = 404,
      .title = "overflow, or a division by 0",
      .means = "An Int is of 64 bits, from -9223372036854775808 to 9223372036854775807; a result "
               "beyond is an error, never a wrong number.",
      .example = "line 1 (\"0\"): error[E404]: transformations[0].map: `100 / _.value.toInt`: "
                 "division by 0",
      .mend = "Calculate in Doubles: .toDouble. Ask before dividing: if (_.n == 0) 0 else _.sum / "
              "_.n." },
    { .code = 405,
      .title = "an index or key that is not there",
      .means = "head, last, min or max of an empty list, an index beyond its end, or an empty "
               "separator.",
      .example = "line 1 (\"one\"): error[E405]: transformations[0].map: "
                 "`_.value.split(\",\")(1)`: out of range",
      .mend = "Ask first: if (_.size > 1) _(1) else \"\"." },
    { .code = 406,
      .title = "a pattern that takes too long",
      .means = "The regular expression took more steps on this text than a record may cost: mostly "
               "nested repetitions, as (a+)+.",
      .example = "line 1 (\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\"): error[E406]: "
                 "transformations[0].filter: `_.value.matches(regex(\"(a+)+$\"))`: the pattern "
                 "takes too many steps on this text",
      .mend = "Write the pattern so that each text matches in one way only." },
    { .code = 407,
      .title = "a record or value that is too large",
      .means = "A record, a text or a list is larger than can be held.",
      .example = "orders: error[E407]: orders/2: the record at offset 881 has 1073741825 bytes",
      .mend = "Cut it, or keep less of it." },
    { .code = 408,
      .title = "lua or a program of a pipe failed",
      .means = "The function of `lua` raised an error, gave a value of another type, changed "
               "what outlives the record, or took more than 10,000,000 instructions or 64 MiB: "
               "that record is an error record. Or the program of `pipe` could not be started, "
               "ended before it had read all of its input or with another status than 0, or "
               "neither read nor wrote anything for its `timeout`: then the batch fails, and with "
               "it the attempt.",
      .example = "line 1 (\"index\"): error[E408]: transformations[1].lua: lua:3: attempt to index "
                 "a nil value (field 'b')",
      .mend = "The message has the program's own words; lua:3 is the third line of the chunk." },
    { .code = 409,
      .title = "a record without a value",
      .means = "Kafka keeps records without a value, tombstones, to say that a key was deleted.",
      .example = "record orders/2 at 881: error[E409]: the record has no value (a tombstone)",
      .mend = "Set value.nullable: true to have them as None." },
    { .code = 410,
      .title = "not Avro, or an unknown schema",
      .means =
          "The value is not of the Avro schema that it names, or the registry does not know it.",
      .example = "record orders/2 at 881: error[E410]: the registry has no schema 7",
      .mend = "Look at schemaRegistry and at what the producer writes." },
    { 0 },
};
