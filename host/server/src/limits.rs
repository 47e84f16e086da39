//! Every bound of the server, with its unit and its reason. SCIM's own stand in `doorlist_scim::limits`, those of the sandbox
//! in [`crate::policy::limits`], those of the kit in [`crate::kit::limits`].

use crate::policy::limits::COMPILE_MS_MAX;

/// Writes that wait for the writer before callers wait to hand theirs in. Enough to fill the next commit.
pub const WRITE_QUEUE_MAX: usize = 1_024;

/// Writes in one commit. Bounds how long the first of them waits for the last.
pub const WRITE_BATCH_MAX: usize = 1_024;

/// Bytes of the database file that are held in memory at the most, unless the operator says otherwise: nearly all that 100,000 users have, by a file of 1.1 GB, so that
/// looking at each of them costs what it costs with a tenth of them. Taken as rows are looked at, so a small installation holds little.
pub const CACHE_BYTES_DEFAULT: usize = 1 << 30;

/// Bytes of a request's body. A PUT of a group with 10,000 members takes about 1 MB.
pub const BODY_BYTES_MAX: usize = 4 << 20;

/// Bytes of a request's path and query: a filter of the longest kind, percent-encoded.
pub const URI_BYTES_MAX: usize = 16 << 10;

/// Milliseconds in which a request's body must have arrived, so that a slow sender holds nothing for long.
pub const BODY_MS_MAX: u64 = 30_000;

/// Bytes of a refused body that are let come: those of the largest that is taken, with room for a client that exceeds it.
pub const BODY_DISCARD_BYTES_MAX: usize = PLUGIN_UPLOAD_BYTES_MAX + 2 * BODY_BYTES_MAX;

/// Milliseconds for which a refused body is let come. Its sender has the answer, so there is little to wait for.
pub const BODY_DISCARD_MS_MAX: u64 = 5_000;

/// Bytes of a request id that somebody else made: a UUID has 36, a trace context 55.
pub const REQUEST_ID_BYTES_MAX: usize = 64;

/// Characters of an id that a stranger wrote which log and refusals repeat: those of one of ours, and room to see what another was.
pub const SHOWN_ID_CHARACTERS_MAX: usize = 64;

/// Problems of one body that are told; more would help nobody.
pub const BODY_PROBLEMS_MAX: usize = 20;

/// Problems that one sentence tells, where there is no body to point into: more cannot be read.
pub const PROBLEMS_TOLD_MAX: usize = 5;

/// Sockets open at once. Leaves room for files below the usual limit of 1,024 descriptors for a process; more wait in the system's queue.
pub const SOCKETS_MAX: usize = 960;

/// Milliseconds for which a socket may move no byte in either direction: longer than any request may wait for its answer, of which an upload waits longest.
pub const SOCKET_SILENCE_MS_MAX: u64 = 120_000;
const _: () = assert!(COMPILE_MS_MAX + 10_000 < SOCKET_SILENCE_MS_MAX, "an upload is answered");

/// Milliseconds that requests in flight get to finish after a stop signal.
pub const SHUTDOWN_MS_MAX: u64 = 20_000;

/// Resources on one page of a SCIM list (`filter.maxResults` of the ServiceProviderConfig); also what a request gets that says no count.
pub const SCIM_PAGE_MAX: usize = 200;

/// Bytes of a stored resource: sixty times an ordinary user. Pages, batches and events hold many at once.
pub const RESOURCE_BYTES_MAX: usize = 64 << 10;

/// Members and groups that one page of a SCIM list carries, after which the page ends early (RFC 7644 section 3.4.2.4 allows fewer resources
/// than were asked for). A single resource is answered whole.
pub const SCIM_PAGE_LINKS_MAX: usize = 100_000;

/// Walks by index that are remembered, of all clients; each some kilobytes.
pub const WALKS_MAX: usize = 16_000;

/// Walks by index that are remembered of the clients of one tenant, beyond which the one that went on longest ago is forgotten: some lists of each of
/// some connections.
pub const WALKS_OF_TENANT_MAX: usize = 32;

/// Pages of one walk whose start is remembered: the next one, and some before it for a client that asks again.
pub const WALK_PAGES_MAX: usize = 16;

/// Milliseconds for which a walk that does not go on is remembered. A client that walks asks for the next page within seconds.
pub const WALK_MS_MAX: i64 = 600_000;

/// Operations of a bulk request in one commit. Bounds how long others wait behind it.
pub const BULK_OPERATIONS_PER_WRITE_MAX: usize = 16;

/// SCIM requests a second that one connection may send for long, unless the operator says otherwise: twenty times what a large identity provider sends.
/// A minute's worth of them may come at once.
pub const SCIM_RATE_DEFAULT: u32 = 500;

/// Seconds of requests at its rate that a connection may send at once: a first synchronisation.
pub const SCIM_BURST_SECONDS: i64 = 60;

/// Connections whose requests are counted, beyond which those that have their full burst are forgotten: they count as new ones.
pub const SCIM_PACED_MAX: usize = 100_000;

/// Clients that are remembered with what the rows say of them; beyond it everybody is looked up again. Each is some kilobytes.
pub const CLIENTS_KNOWN_MAX: usize = 10_000;

/// Bytes of the URL under which this server, or another one, is reached: what browsers take.
pub const URL_BYTES_MAX: usize = 2_000;

/// Schemas of its own that a tenant can have. The projector reads all of them for each batch.
pub const SCHEMAS_MAX: usize = 10;

/// Bytes of a tenant's own schema: twice the User schema.
pub const SCHEMA_BYTES_MAX: usize = 32 << 10;

/// Resources with data of a schema beyond which no attribute of it can become unique: each has index rows to be written in one commit.
pub const SCHEMA_INDEXED_MAX: usize = 10_000;

/// Candidates that an indexed look-up may have to be answered on the thread that took the request.
pub const QUICK_CANDIDATES_MAX: usize = 4;

/// Comparisons that a filter may have to be answered there.
pub const QUICK_TERMS_MAX: usize = 4;

/// Seconds after which a client may send again what could not be answered (503): what stands in the way is over in less.
pub const UNAVAILABLE_RETRY_SECONDS: u64 = 1;

/// Members beyond which a PATCH of a group is answered without a body, so that it costs what the change costs.
pub const PATCH_ANSWER_MEMBERS_MAX: usize = 100;

/// Items on one page of an admin list.
pub const ADMIN_PAGE_MAX: usize = 1_000;

/// Items on a page of an admin list that asks for no limit.
pub const ADMIN_PAGE_DEFAULT: usize = 100;

/// Members, groups or decisions that one page of a filtered list looks through: a filter may want none of them. Some tens of milliseconds.
pub const LIST_LOOKED_MAX: usize = 5_000;

/// Bytes of a name that an operator gives: tenant, connection, key, local group.
pub const NAME_BYTES_MAX: usize = 256;

/// Tenants of one installation. Partition numbers are 32 bits and never reused.
pub const TENANTS_MAX: u64 = 1_000_000;

/// Names of groups, and users, that are looked at for warnings about a connection: what a person would look at is a sample.
pub const WARNINGS_LOOKED_MAX: usize = 10_000;

/// E-mail addresses of a user that other connections are searched for: that at work, that at home, and one more.
pub const WARNING_EMAILS_LOOKED_MAX: usize = 3;

/// Characters of a value that is taken, as a refusal tells them: enough to know it by.
pub const TAKEN_VALUE_CHARACTERS_MAX: usize = 100;

/// Names that a warning gives as examples.
pub const WARNING_EXAMPLES_MAX: usize = 3;

/// Users of a connection who are kept in mind for changes of their `externalId`, of each sort: a mapping that changes shows in the first of them.
pub const EXTERNAL_ID_USERS_KEPT: usize = 32;

/// Characters of a userName or an `externalId` that are kept for that. Ids that differ only behind are taken for the same.
pub const EXTERNAL_ID_CHARACTERS_KEPT: usize = 120;

/// Milliseconds after which a change of an `externalId` is no longer told: what has not happened again in a month was put right.
pub const EXTERNAL_ID_CHANGE_MS_MAX: i64 = 30 * 24 * 3_600_000;

/// Connections of one tenant.
pub const CONNECTIONS_MAX: usize = 100;

/// SCIM tokens of one connection: one in use, one coming, and room for a script that forgets to delete.
pub const TOKENS_MAX: usize = 20;

/// Operator keys of one tenant, and of the installation.
pub const KEYS_MAX: usize = 100;

/// Bytes of an operator key from the environment: fewer could be guessed.
pub const ENVIRONMENT_KEY_BYTES_MIN: usize = 20;

/// Bytes of an operator key from the environment: what fits into a header comfortably.
pub const ENVIRONMENT_KEY_BYTES_MAX: usize = 1_024;

/// Milliseconds after which a session ends: a working day. Whoever goes on then signs in again.
pub const SESSION_MS_MAX: i64 = 12 * 3_600_000;

/// Sessions of an installation at a time: operators are few, and each may have several browsers.
pub const SESSIONS_MAX: usize = 1_000;

/// Attempts to sign in that may fail in a row, of everybody together, before further ones that fail are told to wait and are no longer written to the log one by
/// one. Keys cannot be guessed; this keeps the log readable. Whoever has a key is let in meanwhile.
pub const SIGN_IN_FAILURES_MAX: u32 = 30;

/// Milliseconds after which one failed attempt is forgotten.
pub const SIGN_IN_FAILURE_MS: i64 = 2_000;

/// Prefixes or group names in one filter of a connection.
pub const FILTER_ENTRIES_MAX: usize = 100;

/// Roles that a tenant can list.
pub const ROLES_MAX: usize = 50;

/// Policies of one pipeline: the three of each connection, and some. Each costs every subject that it concerns a call.
pub const POLICIES_MAX: usize = 3 * CONNECTIONS_MAX + 20;

/// Bytes of a plugin that is uploaded: the most that any tenant may send. What one may is checked once all of it is here, so that the refusal can say so.
pub const PLUGIN_UPLOAD_BYTES_MAX: usize = crate::policy::limits::WASM_BYTES_MAX;

/// Milliseconds in which a plugin must have arrived: the largest at 200 KB a second.
pub const PLUGIN_UPLOAD_MS_MAX: u64 = 120_000;

/// Plugins that are being uploaded at a time, and held in memory for that.
pub const PLUGIN_UPLOADS_MAX: usize = 8;

/// The same of one tenant, so that a slow one does not take every place.
pub const PLUGIN_UPLOADS_OF_TENANT_MAX: usize = 2;

/// Plugin revisions that a tenant can have: those of its policies, and some versions of each to go back to.
pub const PLUGINS_MAX: usize = 100;

/// Bytes of one piece of a plugin's file, which is one row.
pub const PLUGIN_PIECE_BYTES: usize = 256 << 10;

/// Pieces that one write stores or deletes, so that nobody waits long behind it.
pub const PLUGIN_PIECES_PER_WRITE_MAX: usize = 4;

/// Plugins of tenants that are held ready to run, beyond which the one that was used longest ago is loaded anew when it is needed: those of a few tenants
/// that have as many as they can. Their machine code is mapped from files.
pub const PLUGINS_READY_MAX: usize = 4 * PLUGINS_MAX;

/// Threads that load plugins for projection. One tenant never has more than one of them.
pub const PLUGIN_LOADERS_MAX: usize = 2;

/// Milliseconds after which a plugin is loaded again that could not be for a reason of ours.
pub const PLUGIN_RETRY_MS: u64 = 1_000;

/// Pipeline revisions before the one in force whose plugins cannot be deleted: one may want to go back to them.
pub const PIPELINE_RETURN_MAX: u64 = 10;

/// Keys of one tenant that sign plugins.
pub const SIGNING_KEYS_MAX: usize = 20;

/// Bytes of a signature as text: 64 bytes in base64 have 88, and a line may end.
pub const SIGNATURE_BYTES_MAX: usize = 96;

/// Bytes of a file with a secret key that signs: PKCS#8 PEM of this kind has about 200.
pub const SECRET_KEY_FILE_BYTES_MAX: usize = 4 << 10;

/// Plugin revisions and tenants whose figures are kept, together: each is some hundred bytes, and eight lines of the metrics.
pub const PLUGIN_FIGURES_MAX: usize = 10_000;

/// Answers of a policy that are kept for subjects that look the same to it. The first-party ones that read groups and roles see few kinds of people; for
/// policies that see a name in each, more would be looked through in vain.
pub const ANSWERS_KEPT_MAX: usize = 8;

/// Subjects that one policy's instance is asked about in a plan. Nobody waits behind it, so it is larger than in projection and starts fewer instances.
pub const PLAN_CHUNK_MAX: usize = if cfg!(test) { 2 } else { 256 };

/// Members that a walk over everybody looks at a time for whether their SCIM User is gone: some hundred kilobytes of ids, in ten milliseconds.
pub const WALK_LINKS_MAX: usize = if cfg!(test) { 2 } else { 8_192 };

/// Chunks of subjects that each thread of a plan has before it, evaluated or not.
pub const PLAN_AHEAD_MAX: usize = 4;

/// Groups and names of groups that whoever looks at many users has at hand: a few megabytes.
pub const SHARED_ROWS_MAX: usize = 10_000;

/// Bytes of rows of one kind that are read in one go for many users: four times those of ordinary ones.
pub const AHEAD_BYTES_MAX: usize = 4 << 20;

/// Memberships that are read in one go for many users: a megabyte of keys.
pub const AHEAD_LINKS_MAX: usize = 16_384;

/// Tries that a plan makes while the sandbox has no place for it: five seconds of them.
pub const PLAN_BUSY_TRIES_MAX: usize = 500;

/// Milliseconds between two of them: about what a place is held for.
pub const PLAN_BUSY_MS: u64 = 10;

/// Threads that evaluate one plan. Requests and the projector want some of the machine meanwhile.
pub const PLAN_THREADS_MAX: usize = 4;

/// Plans that are computed at a time, each with threads of its own.
pub const PLANS_COMPUTED_MAX: usize = 2;

/// The same of one tenant.
pub const PLANS_COMPUTED_OF_TENANT_MAX: usize = 1;

/// Plans that a tenant keeps and that no pipeline revision came of; the oldest goes when another comes. A repository plans at every change, and whoever looks at one
/// decides within some changes.
pub const PLANS_MAX: usize = 20;

/// Differences that are kept of the plans that pipeline revisions came of, beside those of the newest one: as many as events, which tell of the same. Beyond it the oldest
/// plan keeps its summary only.
pub const PLAN_DIFFERENCES_KEPT_MAX: u64 = EVENTS_MAX;

/// Differences in one row of a plan: some hundred kilobytes.
pub const PLAN_PART_DIFFERENCES: usize = 500;

/// Rows of a plan that one write stores or deletes, so that nobody waits long behind it.
pub const PLAN_PARTS_PER_WRITE_MAX: usize = 4;

/// Rows of a plan that one page of its differences looks through: a filter may want none of them.
pub const PLAN_PARTS_LOOKED_MAX: usize = 20;

/// Names that a plan gives as examples of whom a policy concerns.
pub const PLAN_EXAMPLES_MAX: usize = 3;

/// Policies that a plan's summary names.
pub const PLAN_POLICIES_NAMED_MAX: usize = 5;

/// Pipeline revisions that are kept.
pub const PIPELINE_REVISIONS_MAX: u64 = 1_000;

/// Bytes of revisions on one page of the pipeline's history, after which the page ends early: revisions with large settings are megabytes.
pub const PIPELINE_PAGE_BYTES_MAX: usize = 4 << 20;

/// Groups of one tenant that policies made. An application that lists groups must not drown in those of a policy which names one for each user.
pub const NAMED_GROUPS_MAX: u64 = 10_000;

/// Groups of one user that policies see and the directory shows.
pub const GROUPS_OF_USER_MAX: usize = 1_000;

/// Events that a tenant keeps, and with them what was before each: a reader further behind starts over from the directory, and how the directory was
/// earlier is not known.
pub const EVENTS_MAX: u64 = 200_000;

/// Requests that a dirty mark names: those about the groups of a user that a burst concerns. Of more the oldest is forgotten.
pub const DIRTY_CAUSES_MAX: usize = 8;

/// Ids in one row of the memberships that went with a member or a group: 4 KB.
pub const PAST_IDS_PER_ROW: usize = 256;

/// Rows of the past that are taken away with each event that is written, at the least. A group of 50,000 members that left the directory long ago is forgotten
/// over many events, so that none of them waits for it.
pub const PAST_FORGOTTEN_ROWS_MIN: usize = 64;

/// Activity entries that a tenant keeps.
pub const ACTIVITY_MAX: u64 = 100_000;

/// Bytes of a request's body, and of its answer's, that are kept to be shown: sixteen ordinary users.
pub const EXCHANGE_BYTES_MAX: usize = 16 << 10;

/// Bytes of an answer that are looked at for that: some more, since secrets that are masked make it shorter.
pub const EXCHANGE_ANSWER_BYTES_LOOKED: usize = 2 * EXCHANGE_BYTES_MAX;

/// Requests of all tenants whose bodies are kept, in memory: 64 MiB if all are of the largest kind.
pub const EXCHANGES_MAX: usize = 2_000;

/// The same of one tenant: what an identity provider sends while it is being connected, some times over.
pub const EXCHANGES_OF_TENANT_MAX: usize = 100;

/// Activity entries that one page of the log looks through: a filter may want none of them. Some tens of milliseconds.
pub const ACTIVITY_LOOKED_MAX: usize = 10_000;

/// Activity entries that wait for being written, beyond which reads are counted together. They hold no acknowledged change:
/// a change's own entry is written with it.
pub const ACTIVITY_WAITING_MAX: usize = 1_024;

/// Milliseconds for which entries of reads and refusals are gathered before they are written together.
pub const ACTIVITY_GATHER_MS: u64 = 200;

/// Successful reads of one kind and one gathering that stay single before they are counted together.
pub const ACTIVITY_READS_SINGLE_MAX: usize = 16;

/// Connections whose clients' traffic is held in memory, beyond which what is written already is forgotten.
pub const CLIENTS_SEEN_MAX: usize = 100_000;

/// Milliseconds after which it is noted anew that a client is heard of: what an operator reads as "just now", and a write every ten seconds of a busy client.
pub const CLIENT_HEARD_MS: i64 = 10_000;

/// Milliseconds for which a client's `User-Agent` is kept before another one takes its place: a client that has several must not cost a write each.
pub const USER_AGENT_MS_MIN: i64 = 60_000;

/// Characters of a client's `User-Agent` that are kept: those of real ones have about 50.
pub const USER_AGENT_CHARACTERS_MAX: usize = 200;

/// Characters of the id that a request named which its activity entry keeps: ids of ours have 36.
pub const ACTIVITY_SUBJECT_CHARACTERS_MAX: usize = 64;

/// Characters of a request's query that its activity entry keeps.
pub const ACTIVITY_QUERY_CHARACTERS_MAX: usize = 512;

/// Subjects that may change and are written by one commit. A request's write waits behind that for some milliseconds at most.
pub const PROJECTION_BATCH_MAX: usize = if cfg!(test) { 2 } else { 64 };

/// Subjects that a projection of everything comes by in one turn. Of most of them nothing changes, so there is little to write, and each commit is paid for by more of
/// them. (The tests of this crate have few subjects, and come by all that is bounded here.)
pub const PROJECTION_WALK_MAX: usize = if cfg!(test) { 5 } else { 256 };

/// Subjects that go through the pipeline together within a batch; each policy serves them from one instance.
pub const PROJECTION_CHUNK_MAX: usize = if cfg!(test) { 3 } else { 64 };

/// Milliseconds of evaluation after which a batch is cut short, so that one tenant's slow policies do not hold up the others. What policies that only watch would make different
/// has as much beside it.
pub const PROJECTION_TURN_MS_MAX: u64 = 100;

/// Milliseconds of processor time that the policies of a pipeline may take together for one subject. Beyond it the subject is stuck: twenty policies of the
/// slowest kind that is admitted, and a thousand of an ordinary kind.
pub const PIPELINE_MS_MAX: u64 = 1_000;

/// Milliseconds between rounds of projection while requests write, at the least: changes of the same subject meet in one round. After a round
/// that took longer the projector rests as long as it took, so that requests get half of the writer.
pub const PROJECTION_GATHER_MS: u64 = 25;

/// Rows that one commit of the projector may touch for groups that leave the directory before it leaves the rest to the next one.
pub const COMMIT_ROWS_MAX: usize = 20_000;

/// Milliseconds after which a stuck subject is tried again for the first time: what was amiss with the host for a moment is over by then. Each further pause is
/// twice as long.
pub const STUCK_RETRY_MS_MIN: i64 = 60_000;

/// Milliseconds between two tries of a stuck subject, at the most: nobody waits for longer once a fault has gone, and a plugin that always fails costs little.
pub const STUCK_RETRY_MS_MAX: i64 = 3_600_000;

/// Stuck subjects that one write makes due: a batch.
pub const STUCK_RETRIES_PER_WRITE_MAX: usize = PROJECTION_BATCH_MAX;

/// Decisions that one page of those whom a policy in monitor mode would make different looks through: it may be few of many. Some tens of milliseconds.
pub const MONITOR_DECISIONS_LOOKED_MAX: usize = 5_000;

/// Subjects due for a pipeline in shadow that are counted; there may be more.
pub const SHADOW_DUE_COUNTED_MAX: usize = 100_000;

/// Milliseconds that the projector rests at the most.
pub const PROJECTION_REST_MS_MAX: u64 = 250;

/// Milliseconds that a tenant rests whose turn failed for a reason of ours, so that a broken row does not keep a core busy.
pub const PROJECTION_FAILED_REST_MS: i64 = 1_000;

/// Milliseconds for which the projector waits for something to do before it looks whether it should stop, and whose time has come.
pub const PROJECTOR_WAIT_MS_MAX: u64 = 100;

/// Tenants whose share of the projector's time is remembered although they do not wait; beyond it the shares of those are forgotten that are about even,
/// and then of all.
pub const SHARES_REMEMBERED_MAX: usize = 1_024;

/// Dirty marks that are counted; there may be more.
pub const DIRTY_COUNTED_MAX: usize = 1_000_000;

/// Subjects of one name that a search by name looks at: names of groups may repeat.
pub const SAME_NAME_MAX: usize = 10;

/// Resources that one write deletes when a connection goes; each has some ten rows.
pub const DELETE_RESOURCES_PER_WRITE_MAX: usize = 200;

/// Rows that one write deletes when a connection or a tenant goes, so that nobody waits long behind it.
pub const DELETE_ROWS_PER_WRITE_MAX: usize = 2_000;

/// Items of a list that a command shows unless it is asked for all: a screen of differences, stuck subjects, holds.
pub const CLI_ITEMS_SHOWN: usize = 30;

/// Milliseconds between two looks of a command at how far the directory is: often enough for somebody who watches.
pub const CLI_LOOK_MS: u64 = 500;

/// Looks of such a command for each line that it prints where nobody watches a terminal: a line every five seconds in the log of a pipeline of builds.
pub const CLI_LOOKS_PER_LINE: u64 = 10;

/// Members that may be removed or suspended within a window, unless the tenant says otherwise: more than leave a company on the busiest day, so that nobody of a
/// small tenant is held for an ordinary change.
pub const GUARD_COUNT_DEFAULT: u64 = 20;

/// The same as a share of the synced members, in percent. What is allowed is the larger of both.
pub const GUARD_SHARE_PERCENT_DEFAULT: u64 = 10;

/// Seconds that the window of the guard reaches back, unless the tenant says otherwise. Identity providers send a burst within minutes.
pub const GUARD_WINDOW_SECONDS_DEFAULT: u64 = 3_600;

/// Seconds of the shortest window: a span is a second then, below which times of requests say little.
pub const GUARD_WINDOW_SECONDS_MIN: u64 = 60;

/// Members that a tenant can let go within a window: more than any has.
pub const GUARD_COUNT_MAX: u64 = 10_000_000;

/// Seconds of the longest window: a week.
pub const GUARD_WINDOW_SECONDS_MAX: u64 = 604_800;

/// Spans that a window is counted in. A removal counts for a sixtieth of the window too long at the most.
pub const GUARD_SPANS_MAX: i64 = 60;

/// Members of a connection that count as just come, the last ones: an identity provider tries a new configuration with one user that it makes, changes and deletes.
pub const GUARD_VISITORS_MAX: usize = 4;

/// Milliseconds for which they do. That try takes seconds.
pub const GUARD_VISIT_MS_MAX: i64 = 300_000;

/// Holds that a tenant keeps; a closed one that nobody is held by any more makes room.
pub const HOLDS_MAX: usize = 1_000;

/// Causes that a hold counts one by one; further ones are counted together.
pub const HOLD_CAUSES_MAX: usize = 20;

/// Characters of a reason in a hold's summary.
pub const HOLD_REASON_CHARACTERS_MAX: usize = 300;

/// Members that a request to release or discard can name.
pub const HOLD_CHOICE_MAX: usize = 1_000;

/// Tenants whose holds are counted for the metrics: each is four lines of them.
pub const HOLD_FIGURES_MAX: usize = 10_000;

/// Held members that one write decides on, when all of a hold are.
pub const HOLD_MEMBERS_PER_WRITE_MAX: usize = 200;

/// Bytes of rows on one page of a recording, after which it ends early. Commands read four times as much of an answer.
pub const RECORDING_PAGE_BYTES_MAX: usize = 1 << 20;

/// Members of a group in one item of a recording: some tens of kilobytes.
pub const RECORDED_LINKS_MAX: usize = 1_000;

/// Bytes of one line of a recording's file: the largest user, as a resource and as a member, with names replaced by ones that are eight times as long.
pub const RECORDING_LINE_BYTES_MAX: u64 = 4 << 20;

/// Lines of a recording's file: a million users, each with its member, and some millions of memberships.
pub const RECORDING_LINES_MAX: u64 = 4_000_000;

/// Bytes of a recording's file. A rehearsal holds about twice as much in memory.
pub const RECORDING_BYTES_MAX: u64 = 4 << 30;

/// Lines of a recording that are put by one write.
pub const RECORDING_LINES_PER_WRITE: usize = 500;

/// Bytes of a file with expectations: those of some 200,000 users.
pub const EXPECTATIONS_BYTES_MAX: u64 = 64 << 20;

/// Attributes that `--keep` and `--replace` may name: more is a mistake.
pub const RECORDED_PATHS_MAX: usize = 1_000;

/// Milliseconds for which a recording waits until the directory follows inventory and pipeline. One that does not is recorded as it is, which is said.
pub const RECORD_WAIT_MS_MAX: u64 = 30_000;

/// Milliseconds since 1970 of the latest time that stands for another one in a recording: a hundred years of them, so that a replaced time is one still.
pub const REPLACED_TIME_MS_MAX: u64 = 100 * 365 * 86_400_000;

/// Milliseconds for which `?wait=` may ask.
pub const SYNC_WAIT_MS_MAX: u64 = 60_000;

/// Milliseconds between looks at whether anything is still due, while a request waits for that: a fraction of what projecting one change takes.
pub const SYNC_LOOK_MS: u64 = 10;

/// Bytes of a server's answer that commands read: a pipeline of the largest size, or a page of what it would change.
pub const REMOTE_ANSWER_BYTES_MAX: u64 = 4 << 20;

/// Seconds in which a command has to get a connection, TLS included. One that is refused is told at once; this is for a host that says nothing.
pub const REMOTE_CONNECT_S_MAX: u64 = 30;

/// Seconds for a command's request and its answer. The largest plugins compile for a minute, and others may wait before it.
pub const REMOTE_S_MAX: u64 = 300;

/// Characters that a command shows of a URL that a server sends to.
pub const REMOTE_SHOWN_CHARS_MAX: usize = 200;

/// Bytes of a file with certificates of CAs: four times the public ones together.
pub const CA_FILE_BYTES_MAX: u64 = 1 << 20;

/// Days for which activity or events are kept that a tenant can ask for, at the least: what came today is needed by whoever looks what went wrong, and by readers of the log that go on
/// behind what they have seen.
pub const RETENTION_DAYS_MIN: u64 = 1;

/// The same at the most: ten years, longer than anybody has to keep them.
pub const RETENTION_DAYS_MAX: u64 = 3_650;

/// Entries of the activity, and rows of events and of what was before them, that one write deletes when they are past their time: some milliseconds.
pub const EXPIRED_PER_WRITE_MAX: usize = 1_000;

/// Milliseconds between two looks for tenants of which something is past its time. With the deletion it stays below the hour that is promised.
pub const RETENTION_LOOK_MS: u64 = 300_000;

/// Entries of the activity that an explanation looks through for one about its subject, newest first: a tenth of what is kept, some tens of milliseconds.
pub const ACTIVITY_SCANNED_MAX: usize = 10_000;

/// Members of a group that policies made of whom an explanation looks which policy put them into it: some tens of milliseconds.
pub const EXPLANATION_MAKERS_LOOKED_MAX: usize = 1_000;

/// Policies and reasons that an explanation names of such a group; the members that others put into it are counted together.
pub const EXPLANATION_MAKERS_MAX: usize = 10;

/// Bytes of views and inputs that an explanation shows: those of a long pipeline and a user with many groups would be tens of megabytes.
pub const EXPLANATION_VIEWS_BYTES_MAX: usize = 2 << 20;

/// Assigned groups of a user of which it is tried whether they decide. Each costs two more evaluations.
pub const EXPLANATION_GROUPS_MAX: usize = 50;

/// Milliseconds of processor time after which no further groups are tried.
pub const EXPLANATION_MS_MAX: u64 = 1_000;

/// Explanations that are made at a time for one tenant: a script that explains everybody must not take the others' threads.
pub const EXPLANATIONS_OF_TENANT_MAX: usize = 4;

/// The same for all tenants together.
pub const EXPLANATIONS_MAX: usize = 16;

/// Seconds for an exchange of the demo: longer than the longest `?wait=`, since the first projection compiles the policies.
pub const DEMO_EXCHANGE_S_MAX: u64 = 90;

/// Bytes of an answer that the demo reads: as much as other commands do.
pub const DEMO_ANSWER_BYTES_MAX: u64 = REMOTE_ANSWER_BYTES_MAX;

/// Characters of a body that the demo shows of an exchange that went wrong.
pub const DEMO_SHOWN_CHARS_MAX: usize = 2_000;
