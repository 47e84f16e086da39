//! From the keys of a JSON object, or the path of an operation, to [`Step`]s.
//!
//! An attribute may be named plainly, with its sub-attribute (`name.givenName`), behind a schema's URN
//! (`urn:…:User:employeeNumber`), or inside an object under that URN. The body of a POST or PUT and
//! the value of a PATCH operation without a path are read alike.

use serde_json::{Map, Value};

use super::values::{self, Form};
use super::{Change, Place, Select, Step, bounds, invalid};
use crate::Resource;
use crate::error::Error;
use crate::path::{AttrPath, echo, split_urn};
use crate::quirks;
use crate::schema::{Attribute, Mutability, ResourceType, Schema, Type};

/// Whether values join what is there or take its place. They differ for lists, and for null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Add,
    Replace,
}

/// Where the steps of one request are collected.
pub(crate) struct Steps<'r> {
    rt: &'r ResourceType,
    form: Form,
    /// What the body of a PUT replaces.
    before: Option<&'r Resource>,
    pub(crate) list: Vec<Step>,
    /// The attributes, each behind the URN of its extension, that were given a value and are not kept.
    pub(crate) hidden: Vec<(Option<String>, String)>,
}

impl<'r> Steps<'r> {
    /// The steps of a PATCH.
    pub(crate) fn patch(rt: &'r ResourceType) -> Self {
        Self { rt, form: Form::Patch, before: None, list: Vec::new(), hidden: Vec::new() }
    }

    /// The steps of the body of a POST, or of a PUT that replaces `before`.
    pub(crate) fn body(rt: &'r ResourceType, before: Option<&'r Resource>) -> Self {
        Self { rt, form: Form::Body, before, list: Vec::new(), hidden: Vec::new() }
    }

    /// The form of values of the schema of this URN.
    fn form(&self, urn: Option<&str>) -> Form {
        let is_known = urn.is_some_and(|urn| self.before.is_some_and(|before| before.contains_key(urn)));
        if is_known { Form::Again } else { self.form }
    }

    fn push(&mut self, place: Place, change: Change) {
        self.list.push(Step { place, change });
    }

    /// The steps of an object whose keys name attributes. Read-only attributes are passed over, since
    /// clients send back what they were given (RFC 7644, section 3.5.1; Okta's `id` in a PATCH). The
    /// value of the rows attribute is handed to `rows` instead.
    pub(crate) fn object<'v>(
        &mut self,
        verb: Verb,
        object: &'v Map<String, Value>,
        rows: &mut dyn FnMut(&'v Value) -> Result<(), Error>,
    ) -> Result<(), Error> {
        bounds::keys("The body", object)?;
        for (key, value) in object {
            if quirks::is_element_path(key, self.rt) {
                match self.form {
                    // An operation of its own, for whoever reads operations.
                    Form::Patch => continue,
                    Form::Body | Form::Again => {
                        return Err(invalid(format!("\"{}\" is a path; a body has names of attributes.", echo(key))));
                    }
                }
            }
            if key.eq_ignore_ascii_case(&self.rt.schema.id)
                && let Some(inner) = value.as_object()
            {
                // Core attributes under the core schema's own URN. One level: the URN is no attribute
                // of itself.
                for (key, value) in inner {
                    self.key(verb, key, value, rows)?;
                }
                continue;
            }
            self.key(verb, key, value, rows)?;
        }
        Ok(())
    }

    fn key<'v>(
        &mut self,
        verb: Verb,
        key: &str,
        value: &'v Value,
        rows: &mut dyn FnMut(&'v Value) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let Some(path) = quirks::key_path(key, self.rt) else {
            bounds::value(key, value)?;
            self.unknown(verb, key, value);
            return Ok(());
        };
        if path.urn.is_none() && self.rt.is_rows(&path.name) {
            // What the elements hold beside their `value` is the service provider's to say.
            return if path.sub.is_none() { rows(value) } else { Ok(()) };
        }
        bounds::value(key, value)?;
        let urn = path.urn.as_deref();
        if let Some(schema) = urn.and_then(|urn| self.rt.extension(urn))
            && path.is_extension()
        {
            return self.extension(verb, schema, value);
        }
        let Some(attribute) = self.rt.top_attribute(&path) else {
            return Ok(());
        };
        let sub = path.sub.as_deref();
        self.note_hidden(urn, attribute, value);
        let sub = sub.and_then(|sub| attribute.sub_attribute(sub));
        let is_read_only = |attribute: &Attribute| attribute.mutability == Mutability::ReadOnly;
        if is_read_only(attribute) || sub.is_some_and(is_read_only) {
            return Ok(());
        }
        if attribute.is_hidden() || sub.is_some_and(Attribute::is_hidden) {
            return match sub {
                Some(sub) => values::check(sub, value, self.form(urn), Some(&attribute.name)),
                None => values::check(attribute, value, self.form(urn), None),
            };
        }
        match sub {
            Some(sub) => self.sub_attribute(verb, urn, attribute, sub, value),
            None => self.attribute(verb, urn, attribute, value),
        }
    }

    fn note_hidden(&mut self, urn: Option<&str>, attribute: &Attribute, value: &Value) {
        if attribute.is_demanded() && values::says_something(value) {
            self.hidden.push((urn.map(str::to_owned), attribute.name.clone()));
        }
    }

    /// The steps for a whole attribute.
    pub(crate) fn attribute(&mut self, verb: Verb, urn: Option<&str>, attribute: &Attribute, value: &Value) -> Result<(), Error> {
        let place = || Place::whole(urn, &attribute.name);
        if attribute.multi_valued {
            let list = values::list(attribute, value, self.form(urn))?;
            match verb {
                Verb::Add if list.is_empty() => {}
                Verb::Add => self.push(place(), Change::Append(list)),
                Verb::Replace => self.push(place(), Change::SetList(list)),
            }
            return Ok(());
        }
        if attribute.kind == Type::Complex {
            let value = match self.form {
                Form::Patch => quirks::only_element(value),
                Form::Body | Form::Again => value,
            };
            if let Some(object) = value.as_object() {
                return self.complex(verb, urn, attribute, object);
            }
        }
        match values::single(attribute, value, self.form(urn), None)? {
            Some(Value::Object(object)) => self.push(place(), Change::Merge(object)),
            Some(value) => self.push(place(), Change::Set(value)),
            None if verb == Verb::Replace => self.push(place(), Change::Clear),
            None => {}
        }
        Ok(())
    }

    /// The steps for a complex attribute that is no list: the given sub-attributes change and the
    /// others stay (RFC 7644, section 3.5.2.3).
    fn complex(&mut self, verb: Verb, urn: Option<&str>, attribute: &Attribute, object: &Map<String, Value>) -> Result<(), Error> {
        if quirks::is_emptied(attribute, object) {
            if verb == Verb::Replace {
                self.push(Place::whole(urn, &attribute.name), Change::Clear);
            }
            return Ok(());
        }
        if self.form(urn) == Form::Body {
            values::demand(attribute, object)?;
        }
        for (key, value) in object {
            match attribute.sub_attribute(key) {
                Some(sub) if sub.is_kept() => {
                    self.sub_attribute(verb, urn, attribute, sub, value)?;
                }
                Some(sub) if sub.is_hidden() && sub.mutability != Mutability::ReadOnly => {
                    values::check(sub, value, self.form(urn), Some(&attribute.name))?;
                }
                Some(_) => {}
                None => {
                    let place = Place { sub: Some(key.clone()), ..Place::whole(urn, &attribute.name) };
                    self.verbatim(verb, place, key, value);
                }
            }
        }
        Ok(())
    }

    /// The steps for one sub-attribute: of the attribute, or of each element if it is a list.
    pub(crate) fn sub_attribute(
        &mut self,
        verb: Verb,
        urn: Option<&str>,
        attribute: &Attribute,
        sub: &Attribute,
        value: &Value,
    ) -> Result<(), Error> {
        let mut place = Place::whole(urn, &attribute.name);
        if attribute.multi_valued {
            place.select = Select::Every;
        } else if quirks::stands_for_value(attribute) && sub.name == "value" && values::is_void(value) {
            // A complex attribute that stands for one value is nothing without it.
            if verb == Verb::Replace {
                self.push(place, Change::Clear);
            }
            return Ok(());
        }
        place.sub = Some(sub.name.clone());
        match values::single(sub, value, self.form(urn), Some(&attribute.name))? {
            Some(value) => self.push(place, Change::Set(value)),
            None if verb == Verb::Replace => self.push(place, Change::Clear),
            None => {}
        }
        Ok(())
    }

    /// The steps for an extension given as an object under its URN.
    pub(crate) fn extension(&mut self, verb: Verb, schema: &Schema, value: &Value) -> Result<(), Error> {
        let urn = Some(schema.id.as_str());
        let object = match value {
            Value::Object(object) => object,
            Value::Null if verb == Verb::Add => return Ok(()),
            Value::Null => {
                self.push(Place::whole(urn, ""), Change::Clear);
                return Ok(());
            }
            _ => return Err(invalid(format!("{} must be an object.", schema.id))),
        };
        for (key, value) in object {
            match schema.attribute(key) {
                Some(attribute) if attribute.is_kept() => {
                    self.attribute(verb, urn, attribute, value)?;
                }
                Some(attribute) => {
                    self.note_hidden(urn, attribute, value);
                    if attribute.mutability != Mutability::ReadOnly {
                        values::check(attribute, value, self.form(urn), None)?;
                    }
                }
                None => self.verbatim(verb, Place::whole(urn, key), key, value),
            }
        }
        Ok(())
    }

    /// The step for a key that no schema defines, which is kept where it stands: in the resource, in
    /// the extension whose URN is in front of it, or in the complex attribute before its dot.
    fn unknown(&mut self, verb: Verb, key: &str, value: &Value) {
        let head = key.rsplit_once('.').and_then(|(head, sub)| {
            let path = AttrPath::resolve(head, self.rt)?;
            let attribute = self.rt.attribute(&path)?;
            Some((path, attribute, sub))
        });
        let place = match head {
            Some((path, attribute, _)) if !attribute.is_kept() || (path.urn.is_none() && self.rt.is_rows(&path.name)) => {
                return;
            }
            Some((path, attribute, sub)) if attribute.kind == Type::Complex && !attribute.multi_valued => {
                Place { sub: Some(sub.to_owned()), ..Place::whole(path.urn.as_deref(), &path.name) }
            }
            _ => match split_urn(key, self.rt) {
                (Some(schema), name) => Place::whole(Some(&schema.id), name),
                (None, name) => Place::whole(None, name),
            },
        };
        self.verbatim(verb, place, key, value);
    }

    fn verbatim(&mut self, verb: Verb, place: Place, key: &str, value: &Value) {
        match values::verbatim(key, value) {
            // Also for a list: where no schema defines its elements, equal ones are not one.
            Some(value) => self.push(place, Change::Set(value)),
            None if verb == Verb::Replace => self.push(place, Change::Clear),
            None => {}
        }
    }
}
