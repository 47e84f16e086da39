//! What a plugin may cost. Every bound of the module, with its reason.

/// Largest upload of all: what a request that uploads may carry.
pub const WASM_BYTES_MAX: usize = Tier::Large.caps().wasm_bytes;
/// Memories in a component, all modules together, whatever its tier. QuickJS has 3.
pub const MEMORIES_MAX: u32 = 4;
/// Tables in a component, all modules together, whatever its tier. QuickJS has 3.
pub const TABLES_MAX: u32 = 8;
/// Characters that are looked at of the contract's version in an export's name.
pub const CONTRACT_VERSION_CHARS_MAX: usize = 32;
/// Imports that a refusal names. More are alike.
pub const IMPORTS_NAMED_MAX: usize = 10;
/// Characters of a text of an upload, or of what reads it, that stand in our sentence.
pub const SHOWN_TEXT_CHARS_MAX: usize = 200;
/// Characters of a name or word of a plugin that stand in our sentence.
pub const SHOWN_NAME_CHARS_MAX: usize = 80;

/// Memory of an instance: forty times what an interpreted policy touches.
pub const MEMORY_BYTES_MAX: usize = 64 << 20;
/// Elements of one table. A table holds a guest's function pointers.
pub const TABLE_ELEMENTS_MAX: usize = 20_000;
/// Core instances of one instantiated component: its modules and the adapters between them.
pub const CORE_INSTANCES_MAX: u32 = 64;
/// Stack of a guest. Must fit into the stack of every thread that calls one, with room for the host's frames.
pub const STACK_BYTES_MAX: usize = 512 << 10;
/// Bytes that one answer may make the host allocate.
pub const ANSWER_BYTES_MAX: usize = 1 << 20;
/// Fewest bytes that an operator may allow an answer: one that excludes somebody and says why.
pub const ANSWER_BYTES_MIN: u64 = 1 << 10;
/// Handles to component resources. The contract has none; what a component does inside itself needs few.
pub const HANDLES_MAX: usize = 1_000;

/// How often the clock of deadlines advances. A deadline is missed by at most this.
pub const TICK_MS: u64 = 5;
/// One projection of one item, a thousand times what one costs.
pub const PROJECT_MS_MAX: u64 = 50;
/// Making an instance, which runs a guest's start functions.
pub const START_MS_MAX: u64 = 50;
/// `describe`, which says constants.
pub const DESCRIBE_MS_MAX: u64 = 100;
/// `configure`, which may compile what is in the settings.
pub const CONFIGURE_MS_MAX: u64 = 250;

/// How many times its deadline a call may take by the wall clock if its thread gets no processor: a guest must not fault because
/// the machine is busy, nor hold its slot for ever.
pub const STARVED_FACTOR_MAX: u64 = 40;

/// Instances alive at a time, over all tenants: one for each thread that projects or checks settings.
pub const INSTANCES_MAX: u32 = 64;
/// How long a caller waits for an instance slot: longer than any slot is held by a batch of a few hundred items.
pub const INSTANCE_WAIT_MS_MAX: u64 = 2_000;
/// Uploads compiled at a time. Compiling takes a core, and hundreds of megabytes at worst.
pub const COMPILES_MAX: u32 = 1;
/// How long an upload waits for the one before it.
pub const COMPILE_WAIT_MS_MAX: u64 = 30_000;
/// How long waiting and compiling may take together, by the wall clock: a process that gets no processor does not use up its time. Shorter than the server lets a connection
/// be silent, so that whoever uploads gets an answer.
pub const COMPILE_MS_MAX: u64 = 100_000;
/// Fewest milliseconds that an operator may allow compiling: the smallest plugins need them.
pub const COMPILE_MS_MIN: u64 = 100;
/// How many times longer compiling may take where the compiler itself was built without optimisation.
pub const COMPILE_SLOWNESS: u64 = if cfg!(debug_assertions) { 4 } else { 1 };
/// Bytes of a component that the process that compiles reads: it is larger than the core module it was made of, by its adapters and names.
pub const COMPONENT_BYTES_MAX: usize = WASM_BYTES_MAX * 2;
/// Files that the process may have open: its three streams, and what the engine looks at in passing.
pub const COMPILE_FILES_MAX: u64 = 16;
/// Stack of its thread that waits for the end of standard input.
pub const COMPILE_WATCH_STACK_BYTES: usize = 128 << 10;
/// Address space that the program itself is taken to have where the system does not tell: rather too much than too little.
pub const COMPILE_ADDRESS_SPACE_BYTES: u64 = 2 << 30;

/// Address space of the process that compiles, beyond the program itself. The compiler takes some hundred megabytes for QuickJS.
pub const COMPILE_MEMORY_BYTES_SMALL: usize = 1 << 30;
/// The same for the large tier.
pub const COMPILE_MEMORY_BYTES_LARGE: usize = 2 << 30;
/// How often it is looked whether that process has ended.
pub const COMPILE_POLL_MS: u64 = 5;
/// Bytes that are kept of what that process says about its failure.
pub const COMPILE_ANSWER_BYTES_MAX: usize = 4 << 10;
/// Bytes of all machine code on disk. Beyond it the oldest is removed, and made again when it is needed. A thousand plugins on QuickJS have five gigabytes.
pub const COMPILED_FILES_BYTES_MAX: u64 = 8 << 30;

/// Memory of a slot that is kept for the next instance instead of being given back, which is what most of the
/// price of a fresh instance is.
pub const KEPT_MEMORY_BYTES: usize = 1 << 20;
/// The same for a table.
pub const KEPT_TABLE_BYTES: usize = 64 << 10;
/// Address space behind a memory that nothing may touch, where address space is scarce: one page of WebAssembly, which still spares most bounds checks.
pub const MEMORY_GUARD_BYTES: u64 = 64 << 10;
/// Engine's own record of one instance. QuickJS needs 100 KB.
pub const INSTANCE_RECORD_BYTES_MAX: usize = 4 << 20;
/// Frames of a trap's backtrace, for the log.
pub const BACKTRACE_FRAMES_MAX: usize = 8;

/// Changes in one answer. More would be a policy that says something about every group of a large user.
pub const CHANGES_MAX: usize = 256;
/// A reason, which is one sentence. Longer ones are cut.
pub const REASON_BYTES_MAX: usize = 512;
/// A name, id, role, path or textual value in a change.
pub const TEXT_BYTES_MAX: usize = 4 << 10;
/// Name of a group that policies put somebody in: as long as an operator may give one.
pub const GROUP_NAME_BYTES_MAX: usize = 256;
/// A complex value in a change.
pub const JSON_BYTES_MAX: usize = 16 << 10;

/// A text in an item or an answer written as JSON: the longest value of an attribute that anybody has a use for.
pub const ITEM_TEXT_BYTES_MAX: usize = 64 << 10;
/// Entries of a list in an item written as JSON: groups of a user, values of attributes.
pub const ITEM_VALUES_MAX: usize = 10_000;
/// Values in an answer written as JSON. Parsed, an object takes a hundred times the bytes of its text.
pub const JSON_VALUES_MAX: usize = 20_000;
/// Depth of an answer written as JSON, settings' JSON Schema included.
pub const JSON_DEPTH_MAX: usize = SETTINGS_DEPTH_MAX + 4;

/// A plugin's name, which is part of a URL.
pub const NAME_BYTES_MAX: usize = 64;
/// A plugin's version, which is part of a URL.
pub const VERSION_BYTES_MAX: usize = 64;
/// A plugin's description, a paragraph.
pub const DESCRIPTION_BYTES_MAX: usize = 1 << 10;
/// Entries of `reads` and of `writes`.
pub const WORDS_MAX: usize = 64;
/// One entry of `reads`: a SCIM path with the URN of its schema.
pub const PATH_BYTES_MAX: usize = 256;

/// Settings and the JSON Schema of settings, as text.
pub const SETTINGS_BYTES_MAX: usize = 64 << 10;
/// Depth of settings and, with references followed, of their JSON Schema: validation recurses on both.
pub const SETTINGS_DEPTH_MAX: usize = 64;
/// JSON values in a JSON Schema with references followed. A schema of 3 KB can stand for one of 16 million.
pub const SCHEMA_VALUES_MAX: u64 = 10_000;
/// Regular expressions in a JSON Schema with references followed: each is compiled and kept.
pub const SCHEMA_PATTERNS_MAX: u64 = 32;
/// One compiled regular expression. Unicode word classes take about 60 KB.
pub const PATTERN_BYTES_MAX: usize = 256 << 10;
/// Values of the settings times values of their JSON Schema: an upper bound of what validation does, about a second.
pub const VALIDATION_STEPS_MAX: u64 = 20_000_000;
/// Problems reported at once, so that an operator sees more than the first and no flood.
pub const PROBLEMS_MAX: usize = 20;
/// The message of a problem. Longer ones are cut.
pub const MESSAGE_BYTES_MAX: usize = 512;

/// Lines that a plugin prints about one item and that are kept.
pub const LOG_LINES_MAX: usize = 20;
/// Bytes of one of those lines. Longer ones are cut.
pub const LOG_LINE_BYTES_MAX: usize = 512;
/// Bytes of all those lines together.
pub const LOG_BYTES_MAX: usize = 4 << 10;

/// Random bytes that a stand-in for WASI gives at once. Runtimes want some dozens, to seed their own.
pub const RANDOM_BYTES_MAX: u64 = 16 << 10;
/// Bytes that a stand-in for WASI says may be printed at once, as WASI itself bounds a blocking write.
pub const WRITE_BYTES_MAX: u64 = 4 << 10;

/// What running a plugin may cost a tenant. The defaults are the most there is; an operator may lower them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallLimits {
    /// Milliseconds of one projection of one item.
    pub project_ms: u64,
    /// Milliseconds of `configure`.
    pub configure_ms: u64,
    /// Bytes of an instance's memories together.
    pub memory_bytes: usize,
    /// Elements of one table.
    pub table_elements: usize,
    /// Core instances in an instance.
    pub instances: u32,
    /// Bytes of one answer.
    pub answer_bytes: usize,
    /// Bytes that are kept of what is printed about one item.
    pub log_bytes: usize,
}

impl Default for CallLimits {
    fn default() -> CallLimits {
        CallLimits {
            project_ms: PROJECT_MS_MAX,
            configure_ms: CONFIGURE_MS_MAX,
            memory_bytes: MEMORY_BYTES_MAX,
            table_elements: TABLE_ELEMENTS_MAX,
            instances: CORE_INSTANCES_MAX,
            answer_bytes: ANSWER_BYTES_MAX,
            log_bytes: LOG_BYTES_MAX,
        }
    }
}

impl CallLimits {
    /// The same, with nothing above the most there is.
    pub(super) fn bounded(&self) -> CallLimits {
        let most = CallLimits::default();
        CallLimits {
            project_ms: self.project_ms.min(most.project_ms),
            configure_ms: self.configure_ms.min(most.configure_ms),
            memory_bytes: self.memory_bytes.min(most.memory_bytes),
            table_elements: self.table_elements.min(most.table_elements),
            instances: self.instances.min(most.instances),
            answer_bytes: self.answer_bytes.min(most.answer_bytes),
            log_bytes: self.log_bytes.min(most.log_bytes),
        }
    }
}

/// How large an upload may be, in every respect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tier {
    /// Compiled languages, and JavaScript on QuickJS.
    #[default]
    Small,
    /// Python, and JavaScript on SpiderMonkey. Costs a minute of compiling, so an operator allows it per tenant.
    Large,
}

/// What an upload of a tier may consist of, at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// Bytes. Compiled Rust, C and Zig policies have 10 to 300 KiB, Go 4.4 MiB, QuickJS 1.7 MiB; SpiderMonkey 12 MiB, Python 19 MiB.
    pub wasm_bytes: usize,
    /// Functions in all modules: compiling is paid per function. QuickJS has 1,700, Go 2,500; SpiderMonkey and Python 13,000.
    pub functions: u32,
    /// Bytes of one function body: the compiler needs more than linear time in it. QuickJS has one of 54 KB, Python one of 427 KB.
    pub function_bytes: usize,
    /// Locals of one function: the compiler's time grows with blocks times locals. QuickJS needs 86, Python 271.
    pub locals: u32,
    /// Core modules in a component. QuickJS has 11, Python 38.
    pub modules: u32,
}

impl Tier {
    /// What an upload of the tier may consist of.
    pub const fn caps(self) -> Caps {
        match self {
            Tier::Small => Caps { wasm_bytes: 5 << 20, functions: 6_000, function_bytes: 64 << 10, locals: 500, modules: 16 },
            Tier::Large => Caps { wasm_bytes: 24 << 20, functions: 20_000, function_bytes: 512 << 10, locals: 500, modules: 64 },
        }
    }
}

/// What making machine code of an upload may cost. The defaults are the most that the tier allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadLimits {
    /// The caps on what the upload consists of.
    pub tier: Tier,
    /// Milliseconds of processor time.
    pub compile_ms: u64,
    /// Bytes of machine code.
    pub compiled_bytes: usize,
}

impl LoadLimits {
    /// The most that a tier allows.
    pub const fn of(tier: Tier) -> LoadLimits {
        match tier {
            Tier::Small => LoadLimits { tier, compile_ms: 5_000, compiled_bytes: 16 << 20 },
            Tier::Large => LoadLimits { tier, compile_ms: 60_000, compiled_bytes: 64 << 20 },
        }
    }
}
