//! The two worlds of the contract behind one face: typed values, and the same as JSON.
//!
//! A world is found from what a plugin exports. This module does not know what an answer may say, only how it is spelled.

use super::bindings::v1::doorlist::policy::types::{Manifest, Problem};
use super::bindings::v1::{Policy, PolicyPre};
use super::fault::{Fault, FaultKind};
use super::json;
use super::load_error::{LoadError, LoadStage};
use super::state::State;
use super::{Group, GroupChange, User, UserChange};
use wasmtime::component::types::{ComponentItem, Type};
use wasmtime::component::{Component, ComponentExportIndex, Instance, InstancePre, TypedFunc};
use wasmtime::{Engine, Store};

/// How a plugin speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum World {
    /// World `policy`.
    Typed,
    /// World `policy-json`, and which of its two optional functions are there.
    Json { user: bool, group: bool },
}

/// A plugin that can be instantiated: linked and checked against the contract.
pub(super) enum Linked {
    Typed(PolicyPre<State>),
    Json(Text),
}

/// A plugin of world `policy-json`.
pub(super) struct Text {
    pre: InstancePre<State>,
    describe: ComponentExportIndex,
    configure: ComponentExportIndex,
    user: Option<ComponentExportIndex>,
    group: Option<ComponentExportIndex>,
}

/// An instance of a plugin.
pub(super) enum Entered {
    Typed(Policy),
    Json { describe: TypedFunc<(), (String,)>, configure: Said, user: Option<Said>, group: Option<Said> },
}

/// A function from JSON to JSON.
type Said = TypedFunc<(String,), (String,)>;

impl Linked {
    /// Checks that a linked component has the functions of its world.
    pub(super) fn check(engine: &Engine, component: &Component, pre: InstancePre<State>, world: World) -> Result<Linked, LoadError> {
        let World::Json { user, group } = world else {
            return PolicyPre::new(pre).map(Linked::Typed).map_err(|cause| {
                let message = "The plugin's functions do not have the types that doorlist:policy@1.0.0 asks for.";
                LoadError::new(LoadStage::Exports, message).caused(cause)
            });
        };
        Ok(Linked::Json(Text {
            describe: text_function(engine, component, "describe", 0)?,
            configure: text_function(engine, component, "configure", 1)?,
            user: user.then(|| text_function(engine, component, "user", 1)).transpose()?,
            group: group.then(|| text_function(engine, component, "group", 1)).transpose()?,
            pre,
        }))
    }

    /// A fresh instance, whose start functions run.
    pub(super) fn enter(&self, store: &mut Store<State>) -> wasmtime::Result<Entered> {
        match self {
            Linked::Typed(pre) => pre.instantiate(store).map(Entered::Typed),
            Linked::Json(text) => {
                let instance = text.pre.instantiate(&mut *store)?;
                let mut said = |index: &ComponentExportIndex| function(&instance, store, index);
                let configure = said(&text.configure)?;
                let user = text.user.as_ref().map(&mut said).transpose()?;
                let group = text.group.as_ref().map(&mut said).transpose()?;
                Ok(Entered::Json { describe: instance.get_typed_func(store, text.describe)?, configure, user, group })
            }
        }
    }
}

/// The index of a function that takes `texts` texts and answers with one.
fn text_function(engine: &Engine, component: &Component, name: &str, texts: usize) -> Result<ComponentExportIndex, LoadError> {
    let is_text = |ty: &Type| *ty == Type::String;
    let fits = match component.component_type().get_export(engine, name).map(|export| export.ty) {
        Some(ComponentItem::ComponentFunc(function)) => {
            function.params().len() == texts
                && function.params().all(|(_, ty)| is_text(&ty))
                && function.results().len() == 1
                && function.results().all(|ty| is_text(&ty))
        }
        _ => false,
    };
    component.get_export_index(None, name).filter(|_| fits).ok_or_else(|| {
        let from = if texts == 0 { "nothing" } else { "one string" };
        LoadError::new(
            LoadStage::Exports,
            format!("The plugin's `{name}` is not a function from {from} to a string, as world policy-json has it."),
        )
    })
}

fn function(instance: &Instance, store: &mut Store<State>, index: &ComponentExportIndex) -> wasmtime::Result<Said> {
    instance.get_typed_func(store, index)
}

impl Entered {
    /// What the plugin says of itself.
    pub(super) fn describe(&self, store: &mut Store<State>) -> Result<Manifest, LoadError> {
        let failed = |fault| LoadError::fault(LoadStage::Describe, fault);
        match self {
            Entered::Typed(policy) => {
                let said = policy.doorlist_policy_projection().call_describe(&mut *store);
                said.map_err(|error| failed(store.data().fault(&error)))
            }
            Entered::Json { describe, .. } => {
                let (text,) = describe.call(&mut *store, ()).map_err(|error| failed(store.data().fault(&error)))?;
                // Whoever uploads it may read names of theirs.
                json::parse(&text)
                    .and_then(|said| json::manifest(&said))
                    .map_err(|wrong| LoadError::new(LoadStage::Manifest, format!("What `describe` answers is not a manifest. {wrong}")))
            }
        }
    }

    /// Hands the plugin its settings; what it has against them.
    pub(super) fn configure(&self, store: &mut Store<State>, settings: &str) -> Result<Result<(), Vec<Problem>>, Fault> {
        match self {
            Entered::Typed(policy) => {
                let answer = policy.doorlist_policy_projection().call_configure(&mut *store, settings);
                answer.map_err(|error| store.data().fault(&error))
            }
            Entered::Json { configure, .. } => {
                let problems = ask(configure, store, settings.to_owned(), json::problems)?;
                Ok(if problems.is_empty() { Ok(()) } else { Err(problems) })
            }
        }
    }

    /// The changes that the plugin wants in a user's view.
    pub(super) fn project_user(&self, store: &mut Store<State>, user: &User) -> Result<Vec<UserChange>, Fault> {
        match self {
            Entered::Typed(policy) => {
                let answer = policy.doorlist_policy_projection().call_project_user(&mut *store, user);
                answer.map_err(|error| store.data().fault(&error))
            }
            Entered::Json { user: Some(function), .. } => ask(function, store, json::user_to_json(user).to_string(), json::user_changes),
            Entered::Json { user: None, .. } => Ok(Vec::new()),
        }
    }

    /// The changes that the plugin wants in a group's view.
    pub(super) fn project_group(&self, store: &mut Store<State>, group: &Group) -> Result<Vec<GroupChange>, Fault> {
        match self {
            Entered::Typed(policy) => {
                let answer = policy.doorlist_policy_projection().call_project_group(&mut *store, group);
                answer.map_err(|error| store.data().fault(&error))
            }
            Entered::Json { group: Some(function), .. } => {
                ask(function, store, json::group_to_json(group).to_string(), json::group_changes)
            }
            Entered::Json { group: None, .. } => Ok(Vec::new()),
        }
    }
}

/// Asks in JSON and reads the answer.
fn ask<T>(
    function: &Said,
    store: &mut Store<State>,
    question: String,
    read: impl FnOnce(&serde_json::Value) -> json::Result<T>,
) -> Result<T, Fault> {
    let (text,) = function.call(&mut *store, (question,)).map_err(|error| store.data().fault(&error))?;
    json::parse(&text).and_then(|said| read(&said)).map_err(|wrong| {
        tracing::debug!(cause = %wrong, "a plugin answered with other JSON than the contract's");
        let place = if wrong.pointer.is_empty() { String::new() } else { format!(" At {}:", wrong.pointer) };
        // The name of theirs is left out: a fault repeats nothing that a plugin said.
        Fault::new(FaultKind::BadOutput, format!("The plugin answered with JSON that the contract does not have.{place} {}", wrong.message))
    })
}
