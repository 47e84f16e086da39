//! What a policy costs in each language: the examples, beside native functions that do the same.

use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::time::Instant;

use doorlist::policy::{Attribute, CallLimits, Host, HostSettings, LoadLimits, Plugin, Reads, Tier, User, UserView, Value};
use doorlist_tests::examples::{ALL, Built, build};
use doorlist_tests::load::median;
use doorlist_tests::server::executable;
use doorlist_tests::tools::{Absent, Language};

use crate::native::{DEPARTMENT, EMPLOYEE_NUMBER, TWINS, Twin};
use crate::sandbox::{self, BATCHES};
use crate::scale::Scale;

/// Repetitions of each way, of which the median counts.
const REPETITIONS: usize = 5;

/// What an example costs.
pub struct Cost {
    pub name: &'static str,
    pub language: Language,
    /// Bytes of the plugin.
    pub bytes: usize,
    /// Milliseconds of admitting, compiling and describing it.
    pub load_ms: f64,
    /// Microseconds from the loaded plugin to its first answer.
    pub first_us: f64,
    /// Microseconds a user for each of [`BATCHES`], each batch with an instance of its own.
    pub users_us: [f64; BATCHES.len()],
    /// Microseconds a user of the native function.
    pub native_us: f64,
}

/// An example that was measured, or why it was not.
pub type Row = Result<Cost, (&'static str, Absent)>;

/// An example that was built, or why it was not.
pub type Made = (&'static Twin, Result<Built, Absent>);

/// Builds each example. Tools of other languages wait for threads of their own, so they must not have a real-time priority on one core: before anything else has it.
pub fn make() -> Vec<Made> {
    let made = TWINS.iter().map(|twin| {
        eprintln!("  {}", twin.name);
        (twin, build(twin.name))
    });
    made.collect()
}

/// Measures each example, in the order of [`TWINS`].
pub fn measure(made: Vec<Made>, scale: &Scale) -> Result<Vec<Row>, Box<dyn Error>> {
    let host = Host::new(HostSettings { program: Some(executable()), cache: None })?;
    let row = |(twin, built): Made| match built {
        Err(absent) => Ok(Err((twin.name, absent))),
        Ok(built) => Ok(Ok(one(&host, twin, &fs::read(&built.wasm)?, scale)?)),
    };
    made.into_iter().map(row).collect()
}

fn one(host: &Host, twin: &Twin, wasm: &[u8], scale: &Scale) -> Result<Cost, Box<dyn Error>> {
    let begin = Instant::now();
    let plugin = host.load(wasm, &LoadLimits::of(Tier::Large), "benchmark")?;
    let load_ms = begin.elapsed().as_secs_f64() * 1e3;
    let settings = plugin.complete(serde_json::from_str(twin.settings)?);
    plugin.check_settings(&settings, &CallLimits::default()).outcome.map_err(|error| format!("{}: {error:?}", twin.name))?;
    let settings = settings.to_string();
    let most = BATCHES.into_iter().max().unwrap_or_default();
    let users: Vec<User> = (0..most).map(|number| seen(&user(number), &plugin.manifest().reads)).collect();

    let begin = Instant::now();
    let mut batch = plugin.batch(&settings, &CallLimits::default())?;
    black_box(batch.project_user(&users[0])?);
    let first_us = begin.elapsed().as_secs_f64() * 1e6;
    // What is compared must do the same.
    for user in &users {
        let (answer, expected) = (batch.project_user(user)?, (twin.project)(user));
        assert_eq!(answer, expected, "{} and its native twin differ about {}", twin.name, user.user_name);
    }
    drop(batch);

    let mut users_us = [0.0; BATCHES.len()];
    for ((size, batches), us) in BATCHES.into_iter().zip(scale.example_batches).zip(&mut users_us) {
        let times: Result<Vec<f64>, Box<dyn Error>> =
            (0..REPETITIONS).map(|_| batches_of(&plugin, &settings, &users, size, batches)).collect();
        *us = median(times?);
    }
    let native = (0..REPETITIONS).map(|_| {
        let begin = Instant::now();
        users.iter().for_each(|user| drop(black_box((twin.project)(black_box(user)))));
        begin.elapsed().as_secs_f64() * 1e6 / users.len() as f64
    });
    let language = ALL.iter().find(|(name, _)| *name == twin.name).map(|(_, language)| *language).ok_or("an example that is not listed")?;
    Ok(Cost { name: twin.name, language, bytes: wasm.len(), load_ms, first_us, users_us, native_us: median(native) })
}

/// Microseconds a user in so many batches of a size.
fn batches_of(plugin: &Plugin, settings: &str, users: &[User], size: usize, batches: usize) -> Result<f64, Box<dyn Error>> {
    let begin = Instant::now();
    for number in 0..batches {
        let mut batch = plugin.batch(settings, &CallLimits::default())?;
        for user in users.iter().cycle().skip(number * size % users.len()).take(size) {
            black_box(batch.project_user(user)?);
        }
    }
    Ok(begin.elapsed().as_secs_f64() * 1e6 / (batches * size) as f64)
}

/// A user about whom every example has something to say, or looks twice before it says nothing.
fn user(number: usize) -> User {
    let text = |path: &str, text: String| Attribute { path: path.to_owned(), value: Value::Text(text) };
    let email = |kind: &str, primary: bool| {
        let address = format!("user.{number}@{kind}.example.com");
        Attribute {
            path: "emails".to_owned(),
            value: Value::Json(serde_json::json!({"value": address, "type": kind, "primary": primary}).to_string()),
        }
    };
    let mut user = sandbox::user(number);
    user.groups[0].name = "Eng / Platform / SRE".to_owned();
    user.groups[1].name = "Eng / Web".to_owned();
    user.view.named_groups = vec!["Staff".to_owned()];
    user.view.user_name = format!("User.{number}@old.example.com");
    user.view.display_name = format!("USER  NUMBER {number}");
    user.attributes = vec![
        text("userType", "Contractor".to_owned()),
        text(DEPARTMENT, if number.is_multiple_of(2) { "Research & Development" } else { "Sales" }.to_owned()),
        text(EMPLOYEE_NUMBER, format!("X-{number}")),
        email("home", false),
        email("work", true),
    ];
    user
}

/// What a plugin is given of a user: what it declared to read, as the projection does it.
fn seen(whole: &User, reads: &Reads) -> User {
    let given = |read: bool, text: &str| if read { text.to_owned() } else { String::new() };
    let mut user = whole.clone();
    user.id = given(reads.id, &whole.id);
    user.external_id = whole.external_id.clone().filter(|_| reads.external_id);
    user.user_name = given(reads.user_name, &whole.user_name);
    user.display_name = given(reads.display_name, &whole.display_name);
    user.groups.retain(|_| reads.groups);
    user.attributes.retain(|attribute| reads.all_attributes || reads.attributes.contains(&attribute.path));
    user.current.role = given(reads.current, &whole.current.role);
    let groups = reads.view && reads.groups;
    user.view = UserView {
        role: given(reads.view, &whole.view.role),
        user_name: given(reads.view && reads.user_name, &whole.view.user_name),
        display_name: given(reads.view && reads.display_name, &whole.view.display_name),
        groups: if groups { whole.view.groups.clone() } else { Vec::new() },
        named_groups: if groups { whole.view.named_groups.clone() } else { Vec::new() },
        ..whole.view.clone()
    };
    user
}
