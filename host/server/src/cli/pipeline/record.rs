//! `doorlist pipeline record`.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::BufWriter;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use doorlist_scim::{ResourceType, Schema};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Target, Tenant, counted, number};
use crate::admin::schemas::Extended;
use crate::cli::say;
use crate::clock::Clock;
use crate::config::Environment;
use crate::directory::Recorded;
use crate::error::{Error, Result};
use crate::id::Id;
use crate::limits::{ADMIN_PAGE_MAX, RECORD_WAIT_MS_MAX};
use crate::rehearsal::recording::{Header, HeaderKind, Names, RecordedConnection, RecordedSchema, RecordedTenant, VERSION, Writer};
use crate::rehearsal::replace::{Choices, Replacer};
use crate::remote::segment;

/// Options of `doorlist pipeline record`.
#[derive(Args)]
#[command(
    after_long_help = "The file has what a projection works on and what it made: users, groups and their members as the identity providers wrote
them, the directory with the roles and blocks that operators set, the tenant's roles, schemas, connections and limits of
plugins. It has no token, no key, no password, no pipeline, and nothing of the tenant's log.

Names are replaced unless --names keep says otherwise. A text is replaced word by word, each word by the same one
everywhere in the file, with capitals and what stands between words as they were; what belongs together still does. The
key to it is thrown away, and the next recording has other names. Replaced is every text and number
  of users   except title, userType, locale, preferredLanguage, timezone, roles, entitlements, the type of addresses and
             numbers, the country of an address, costCenter, organization, division and department, which policies look at;
             values that a schema lists as canonical; the domain of an e-mail address; and a manager's SCIM id
  of groups  except displayName
Kept as well are ids, times of creation and change, what is true or false, statuses and roles, names of attributes, the
tenant's schemas and the names of its connections. Attributes that no schema knows are replaced.
Policies that compare names, or make one of what is kept, do something else with other names: --keep them. A path that is
in no schema and in nothing that is recorded is refused, since it may be a misspelt one.

Whoever changes the tenant meanwhile may be in the file in part; the command says so if it happened. It says as well if
members are held: they are in the file as they are, and a test of the same pipeline lets them go, since it has no guard."
)]
pub(super) struct Record {
    /// The file to write. One that is there is replaced.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    target: Target,
    /// What becomes of names.
    #[arg(long, value_name = "CHOICE", value_enum, default_value_t = Choice::Replace)]
    names: Choice,
    /// What becomes of the names of groups, which filters compare.
    #[arg(long, value_name = "CHOICE", value_enum, default_value_t = Choice::Keep)]
    group_names: Choice,
    /// What becomes of the domains of e-mail addresses.
    #[arg(long, value_name = "CHOICE", value_enum, default_value_t = Choice::Keep)]
    email_domains: Choice,
    /// An attribute to keep, with everything below it: a SCIM path such as nickName or urn:example:badge:number. May come several times.
    #[arg(long, value_name = "PATH")]
    keep: Vec<String>,
    /// An attribute to replace although it would be kept, such as title. The longer path counts. May come several times.
    #[arg(long, value_name = "PATH")]
    replace: Vec<String>,
}

/// What becomes of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Choice {
    /// It stays.
    Keep,
    /// Something else stands for it.
    Replace,
}

impl Record {
    pub(super) fn run(self, environment: Environment) -> Result<ExitCode> {
        let tenant = self.target.tenant(environment)?;
        let before = tenant.get(&format!("/sync?wait={RECORD_WAIT_MS_MAX}ms"))?;
        self.check()?;
        let header = header(&tenant, self.names)?;
        let replacer = match self.names {
            Choice::Replace => Some(self.replacer(&header.schemas)?),
            Choice::Keep => None,
        };
        let part = Part::begin(&self.file)?;
        let mut writer = Writer::begin(BufWriter::new(part.open()?), &header)?;
        let mut known = Known::default();
        each(&tenant, "/recording", |mut recorded: Recorded| {
            if !known.keep(&mut recorded) {
                return Ok(());
            }
            replacer.iter().for_each(|replacer| replacer.replace(&mut recorded));
            writer.write(&recorded)
        })?;
        if let Some(paths) = replacer.as_ref().map(Replacer::unknown).filter(|paths| !paths.is_empty()) {
            let paths = paths.join(", ");
            return Err(Error::invalid(format!("No schema and nothing that is recorded has an attribute {paths}. Nothing is written.")));
        }
        let after = tenant.get("/sync")?;
        let moved = ["lastEvent", "inventory", "directory", "pipelineRevision"].iter().any(|name| before.get(*name) != after.get(*name));
        let held = number(&after, "held").max(number(&before, "held"));
        let at_rest = !moved && is_at_rest(&before) && is_at_rest(&after);
        let settled = at_rest && held == 0;
        drop(writer.finish(settled)?);
        part.finish()?;
        say(&format!("{} of {} written to {}.", known.told(), header.tenant.id, self.file.display()))?;
        if !at_rest {
            say("The tenant was not at rest meanwhile: the pipeline that is in force may make differences on this recording.")?;
        }
        if held > 0 {
            let held = counted(held, "member is", "members are");
            say(&format!(
                "{held} held by the guard: without it, the pipeline that is in force makes those differences on this recording."
            ))?;
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Refuses choices that would have no effect.
    fn check(&self) -> Result<()> {
        let wants_others = !self.replace.is_empty() || self.group_names == Choice::Replace || self.email_domains == Choice::Replace;
        if self.names == Choice::Keep && wants_others {
            return Err(Error::invalid("With --names keep nothing is replaced. --keep keeps single attributes."));
        }
        Ok(())
    }

    fn replacer(&self, schemas: &[RecordedSchema]) -> Result<Replacer> {
        let mut types = Vec::new();
        for (base, kind) in [(ResourceType::user(), Extended::User), (ResourceType::group(), Extended::Group)] {
            let mut more = Vec::new();
            for one in schemas.iter().filter(|one| one.extends.contains(&kind)) {
                more.push((Arc::new(Schema::from_json(&Value::Object(one.schema.clone()))?), one.required));
            }
            types.push(base.with_extensions(more));
        }
        let choices = Choices {
            group_names: self.group_names == Choice::Replace,
            email_domains: self.email_domains == Choice::Replace,
            keep: self.keep.clone(),
            replace: self.replace.clone(),
        };
        // One for users and one for groups, as they were made above.
        let (Some(groups), Some(users)) = (types.pop(), types.pop()) else { return Err(Error::internal("resource types are missing")) };
        Replacer::new(users, groups, &choices)
    }
}

/// Whether the directory follows inventory and pipeline, but for those who are held.
fn is_at_rest(sync: &Value) -> bool {
    number(sync, "dirty") == 0 && sync.get("reprojecting").and_then(Value::as_bool) == Some(false)
}

/// What the server says of the tenant beside inventory and directory.
fn header(tenant: &Tenant, names: Choice) -> Result<Header> {
    /// Of a tenant, a schema or a connection, what a recording has. The server says more.
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Said {
        id: Id,
        roles: Vec<String>,
        default_role: String,
        plugin_limits: crate::admin::plugins::limits::PluginLimits,
    }
    #[derive(Deserialize)]
    struct SaidSchema {
        extends: Vec<Extended>,
        required: bool,
        schema: serde_json::Map<String, Value>,
    }
    #[derive(Deserialize)]
    struct SaidConnection {
        id: Id,
        provider: crate::admin::connections::Provider,
        name: String,
    }
    let Said { id, roles, default_role, plugin_limits } = understood(tenant.get("")?)?;
    let (mut schemas, mut connections) = (Vec::new(), Vec::new());
    each(tenant, "/schemas", |SaidSchema { extends, required, schema }| {
        schemas.push(RecordedSchema { extends, required, schema });
        Ok(())
    })?;
    each(tenant, "/connections", |SaidConnection { id, provider, name }| {
        connections.push(RecordedConnection { id, provider, name });
        Ok(())
    })?;
    Ok(Header {
        kind: HeaderKind::Recording,
        version: VERSION,
        recorded: Clock::system().now(),
        names: if names == Choice::Keep { Names::Kept } else { Names::Replaced },
        tenant: RecordedTenant { id, roles, default_role, plugin_limits },
        schemas,
        connections,
    })
}

/// Calls `step` with every item of a list.
fn each<T: DeserializeOwned>(tenant: &Tenant, path: &str, mut step: impl FnMut(T) -> Result<()>) -> Result<()> {
    let mut next = String::new();
    loop {
        let mut page = tenant.get(&format!("{path}?limit={ADMIN_PAGE_MAX}{next}"))?;
        let items: Vec<T> = understood(page.get_mut("items").map(Value::take).unwrap_or_default())?;
        items.into_iter().try_for_each(&mut step)?;
        match page.get("nextCursor").and_then(Value::as_str) {
            Some(cursor) => next = format!("&cursor={}", segment(cursor)),
            None => return Ok(()),
        }
    }
}

fn understood<T: DeserializeOwned>(value: Value) -> Result<T> {
    let odd = |cause| Error::conflict("The server says something that this version of Doorlist does not understand.").with_cause(cause);
    serde_json::from_value(value).map_err(odd)
}

/// What is in the file so far. Pages are of different moments, so something may be named that has not come.
#[derive(Default)]
struct Known {
    users: u64,
    groups: u64,
    members: u64,
    inventory: BTreeSet<Id>,
    directory: BTreeSet<Id>,
}

impl Known {
    /// Takes note of an item, and takes out of it what is not in the file. Gives whether it is to be written.
    fn keep(&mut self, recorded: &mut Recorded) -> bool {
        let id =
            |resource: &serde_json::Map<String, Value>| resource.get("id").and_then(Value::as_str).and_then(|id| id.parse::<Id>().ok());
        match recorded {
            Recorded::User { resource, .. } => {
                self.users += 1;
                id(resource).is_some_and(|id| self.inventory.insert(id))
            }
            Recorded::Group { resource, .. } => {
                self.groups += 1;
                id(resource).is_some_and(|id| self.inventory.insert(id))
            }
            Recorded::Members { group, members, .. } => {
                members.retain(|member| self.inventory.contains(member));
                !members.is_empty() && self.inventory.contains(group)
            }
            Recorded::Member { removed, member, .. } => {
                self.members += u64::from(!*removed);
                // One that has gone is in no group, and no other row has its id.
                *removed || self.directory.insert(member.id)
            }
            Recorded::DirectoryGroup { group } => self.directory.insert(group.id),
            Recorded::Memberships { group, members } => {
                members.retain(|member| self.directory.contains(member));
                !members.is_empty() && self.directory.contains(group)
            }
        }
    }

    fn told(&self) -> String {
        let (users, groups) = (counted(self.users, "user", "users"), counted(self.groups, "group", "groups"));
        format!("{users}, {groups} and {}", counted(self.members, "member", "members"))
    }
}

/// A file in the making: beside the one that it becomes, and gone if it becomes none.
struct Part {
    file: PathBuf,
    part: PathBuf,
    done: bool,
}

impl Part {
    fn begin(file: &Path) -> Result<Self> {
        let mut name = file.file_name().ok_or_else(|| Error::invalid(format!("{} is no name of a file.", file.display())))?.to_owned();
        name.push(".part");
        Ok(Self { file: file.to_owned(), part: file.with_file_name(name), done: false })
    }

    /// Opens it for its owner only: names may be real.
    fn open(&self) -> Result<File> {
        let refused = |cause| Error::invalid(format!("{} cannot be written.", self.part.display())).with_cause(Box::new(cause));
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&self.part).map_err(refused)
    }

    fn finish(mut self) -> Result<()> {
        let refused = |cause| Error::invalid(format!("{} cannot be written.", self.file.display())).with_cause(Box::new(cause));
        fs::rename(&self.part, &self.file).map_err(refused)?;
        self.done = true;
        Ok(())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.done {
            // It may not be there yet, and there is nothing to be done if it stays.
            let _ = fs::remove_file(&self.part);
        }
    }
}
