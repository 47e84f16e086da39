//! From settings to rules: everything that can be wrong with them, each with the place it is at.

use std::collections::BTreeSet;
use std::sync::Arc;

use doorlist_scim::{Filter, PatchPath, ResourceType, Schema};
use doorlist_sdk::{Problem, Status};
use serde_json::Value;

use crate::item::{self, URN, is_ours};
use crate::limits::{
    COMPARISONS_MAX, DESCRIPTION_BYTES_MAX, EFFECTS_PER_LIST_MAX, NAME_BYTES_MAX, PROBLEMS_MAX, REASON_BYTES_MAX, RULES_MAX, SCHEMAS_MAX,
    TABLE_ENTRIES_MAX, TABLE_TEXT_BYTES_MAX,
};
use crate::needs::Needs;
use crate::rule::{GroupEffects, Rule, RuleSet, UserEffects};
use crate::settings::{self, GroupRule, Settings, UserRule};
use crate::template::{self, Template, unseen};
use crate::text::Text;
use crate::values::{self, Setting, Source};

/// The rules for users and those for groups, where there are some.
pub(crate) type Both = (Option<RuleSet<UserEffects>>, Option<RuleSet<GroupEffects>>);

/// Reads settings.
///
/// # Errors
/// What is wrong with them, up to [`PROBLEMS_MAX`].
pub(crate) fn settings(settings: Settings) -> Result<Both, Vec<Problem>> {
    let mut problems = Vec::new();
    let schemas = schemas(&settings.schemas, &mut problems);
    // Reading the schemas of what has no rules would be most of what an instance costs.
    let users = (!settings.users.is_empty()).then(|| {
        let mut reader = Reader::new(item::users(&schemas), &mut problems);
        let rules = reader.rules("/users", settings.users, Reader::user_rule);
        RuleSet { rt: reader.rt, needs: reader.needs, rules }
    });
    let groups = (!settings.groups.is_empty()).then(|| {
        let mut reader = Reader::new(item::groups(&schemas), &mut problems);
        let rules = reader.rules("/groups", settings.groups, Reader::group_rule);
        RuleSet { rt: reader.rt, needs: reader.needs, rules }
    });
    problems.truncate(PROBLEMS_MAX);
    if problems.is_empty() { Ok((users, groups)) } else { Err(problems) }
}

/// The tenant's own schemas, held against the same rules as an upload.
fn schemas(given: &[Value], problems: &mut Vec<Problem>) -> Vec<Arc<Schema>> {
    if given.len() > SCHEMAS_MAX {
        problems.push(Problem::new("/schemas", format!("There are more than {SCHEMAS_MAX} schemas.")));
    }
    let mut schemas: Vec<Arc<Schema>> = Vec::new();
    for (place, json) in given.iter().take(SCHEMAS_MAX).enumerate() {
        let at = format!("/schemas/{place}");
        match Schema::check(json) {
            Err(faults) => problems.extend(faults.into_iter().map(|fault| Problem::new(format!("{at}{}", fault.pointer), fault.message))),
            Ok(schema) if is_ours(&schema.id) => {
                problems.push(Problem::new(format!("{at}/id"), format!("{URN} and the URNs that begin with it are Doorlist's own.")));
            }
            Ok(schema) if schemas.iter().any(|known| known.id.eq_ignore_ascii_case(&schema.id)) => {
                problems.push(Problem::new(format!("{at}/id"), "The schema is given twice."));
            }
            Ok(schema) => schemas.push(Arc::new(schema)),
        }
    }
    schemas
}

/// What rules for users and rules for groups share.
struct Head {
    name: String,
    description: Option<String>,
    when: Option<String>,
    stop: bool,
}

/// Reads the rules of one kind.
struct Reader<'p> {
    rt: ResourceType,
    problems: &'p mut Vec<Problem>,
    /// Those of the conditions so far.
    comparisons: usize,
    /// What the rules so far look at.
    needs: Needs,
}

impl<'p> Reader<'p> {
    fn new(rt: ResourceType, problems: &'p mut Vec<Problem>) -> Self {
        Self { rt, problems, comparisons: 0, needs: Needs::default() }
    }
}

impl Reader<'_> {
    fn problem(&mut self, at: impl Into<String>, message: impl Into<String>) {
        self.problems.push(Problem::new(at, message));
    }

    /// A problem with a text, at a place in it.
    fn misread(&mut self, at: &str, text: &str, at_bytes: usize, message: &str) {
        let before = text.get(..at_bytes).unwrap_or(text);
        self.problem(at, format!("Column {}: {message}", before.chars().count() + 1));
    }

    fn rules<R, E: Effects>(&mut self, at: &str, given: Vec<R>, read: fn(&mut Self, &str, R) -> (Head, E)) -> Vec<Rule<E>> {
        if given.len() > RULES_MAX {
            self.problem(at, format!("There are more than {RULES_MAX} rules."));
        }
        let mut names = BTreeSet::new();
        let mut rules = Vec::new();
        for (place, rule) in given.into_iter().take(RULES_MAX).enumerate() {
            let at = format!("{at}/{place}");
            let before = self.problems.len();
            let (head, effects) = read(self, &format!("{at}/effects"), rule);
            let when = self.head(&at, &head);
            let Head { name, description, when: condition, stop } = head;
            let reason = reason(&name, description.as_deref(), condition.as_deref());
            if !names.insert(name) {
                self.problem(format!("{at}/name"), "A rule before this one has the same name.");
            }
            if self.problems.len() == before && effects.are_none() && !stop {
                self.problem(&at, "The rule does nothing. Give it effects, or let it stop the rules behind it.");
            }
            rules.push(Rule { reason, when, effects, stop });
        }
        rules
    }

    /// Reads what rules share; gives the condition.
    fn head(&mut self, at: &str, head: &Head) -> Option<Filter> {
        if head.name.trim().is_empty() || head.name.len() > NAME_BYTES_MAX || head.name.chars().any(char::is_control) {
            self.problem(format!("{at}/name"), format!("A name has between 1 and {NAME_BYTES_MAX} bytes and is not blank."));
        }
        if head.description.as_ref().is_some_and(|text| text.len() > DESCRIPTION_BYTES_MAX) {
            self.problem(format!("{at}/description"), format!("The description has more than {DESCRIPTION_BYTES_MAX} bytes."));
        }
        let at = format!("{at}/when");
        let filter = self.filter(&at, head.when.as_deref()?, "")?;
        let within = self.comparisons <= COMPARISONS_MAX;
        self.comparisons = self.comparisons.saturating_add(filter.terms());
        if within && self.comparisons > COMPARISONS_MAX {
            self.problem(at, format!("With this rule the conditions have more than {COMPARISONS_MAX} comparisons."));
        }
        filter.paths().into_iter().for_each(|path| self.needs.add(path));
        Some(filter)
    }

    /// Reads a filter of which `around` stands before the text.
    fn filter(&mut self, at: &str, text: &str, around: &str) -> Option<Filter> {
        let whole = match around {
            "" => text.to_owned(),
            around => format!("{around}{text} ]"),
        };
        match Filter::parse_located(&whole, &self.rt) {
            Err(misread) => {
                let at_bytes = misread.at_bytes.saturating_sub(around.len());
                // What stands around the text is not what its writer knows.
                let is_behind = !around.is_empty() && at_bytes > text.trim_end().len();
                let detail = if is_behind { "The filter ends where more should follow." } else { &misread.error.detail };
                self.misread(at, text, at_bytes.min(text.len()), &self.explained(detail));
                None
            }
            Ok(filter) => {
                let unseen =
                    filter.paths().into_iter().find_map(|path| unseen(&self.rt, &path.name, path.sub.as_deref(), path.urn.as_deref()));
                if let Some(name) = unseen {
                    self.problem(at, format!("Rules do not see {name}."));
                }
                Some(filter)
            }
        }
    }

    /// A filter over elements of the groups that are proposed.
    fn group_filter(&mut self, at: &str, text: &str) -> Option<Filter> {
        let around = format!("{URN}:groups[");
        self.filter(at, text, &around)?;
        match PatchPath::parse(&format!("{around}{text} ]"), &self.rt) {
            Ok(PatchPath { filter: Some(filter), sub: None, .. }) => Some(filter),
            _ => {
                self.problem(at, "This is not one filter over display and value of a group.");
                None
            }
        }
    }

    /// What a reader of RFCs says, with what a writer of rules can do about it.
    fn explained(&self, detail: &str) -> String {
        if detail.contains("\"urn:") && (detail.contains("no schema") || detail.contains("no attribute")) {
            return format!("{detail} A schema of the tenant's own has to be given under \"schemas\".");
        }
        detail.to_owned()
    }

    fn user_rule(&mut self, at: &str, rule: UserRule) -> (Head, UserEffects) {
        let UserRule { name, description, when, effects, stop } = rule;
        (Head { name, description, when, stop }, self.user_effects(at, effects))
    }

    fn group_rule(&mut self, at: &str, rule: GroupRule) -> (Head, GroupEffects) {
        let GroupRule { name, description, when, effects, stop } = rule;
        let display_name = self.text(&format!("{at}/displayName"), effects.display_name);
        (Head { name, description, when, stop }, GroupEffects { included: effects.included, display_name })
    }

    fn user_effects(&mut self, at: &str, given: settings::UserEffects) -> UserEffects {
        UserEffects {
            included: given.included,
            status: given.status.map(|status| match status {
                settings::Status::Active => Status::Active,
                settings::Status::Suspended => Status::Suspended,
            }),
            role: self.role(&format!("{at}/role"), given.role),
            user_name: self.text(&format!("{at}/userName"), given.user_name),
            display_name: self.text(&format!("{at}/displayName"), given.display_name),
            remove_groups: self.list(&format!("{at}/removeGroups"), given.remove_groups, |reader, at, name| reader.text(at, Some(name))),
            remove_groups_where: given.remove_groups_where.and_then(|text| self.group_filter(&format!("{at}/removeGroupsWhere"), &text)),
            add_groups: self.list(&format!("{at}/addGroups"), given.add_groups, |reader, at, name| reader.text(at, Some(name))),
            add_group_ids: self.list(&format!("{at}/addGroupIds"), given.add_group_ids, Reader::group_id),
            set_attributes: self.list(&format!("{at}/setAttributes"), given.set_attributes, Reader::setting),
            remove_attributes: self.list(&format!("{at}/removeAttributes"), given.remove_attributes, |reader, at, path| {
                reader.target(at, &path).map(|(path, _)| path)
            }),
        }
    }

    fn list<T, R>(&mut self, at: &str, given: Vec<T>, mut read: impl FnMut(&mut Self, &str, T) -> Option<R>) -> Vec<R> {
        if given.len() > EFFECTS_PER_LIST_MAX {
            self.problem(at, format!("There are more than {EFFECTS_PER_LIST_MAX} here."));
        }
        let bounded = given.into_iter().take(EFFECTS_PER_LIST_MAX).enumerate();
        bounded.filter_map(|(place, one)| read(self, &format!("{at}/{place}"), one)).collect()
    }

    fn template(&mut self, at: &str, text: &str) -> Option<Template> {
        match Template::parse(text, &self.rt) {
            Ok(template) => {
                template.paths().for_each(|path| self.needs.add(&path.attr));
                Some(template)
            }
            Err(misread) => {
                self.misread(at, text, misread.at_bytes, &self.explained(&misread.message));
                None
            }
        }
    }

    fn text(&mut self, at: &str, given: Option<settings::Text>) -> Option<Text> {
        match given? {
            settings::Text::Template(text) => self.template(at, &text).map(Text::Template),
            settings::Text::Lookup(lookup) => {
                let of = self.template(&format!("{at}/of"), &lookup.of);
                let otherwise = lookup.otherwise.and_then(|text| self.template(&format!("{at}/otherwise"), &text));
                let bad = |text: &String| text.is_empty() || text.len() > TABLE_TEXT_BYTES_MAX;
                if lookup.table.is_empty() || lookup.table.len() > TABLE_ENTRIES_MAX {
                    self.problem(format!("{at}/table"), format!("A table has between 1 and {TABLE_ENTRIES_MAX} entries."));
                }
                for (key, _) in lookup.table.iter().filter(|(key, value)| bad(key) || bad(value)) {
                    let token = key.replace('~', "~0").replace('/', "~1");
                    let message = format!("What is looked up and what it becomes have between 1 and {TABLE_TEXT_BYTES_MAX} bytes each.");
                    self.problem(format!("{at}/table/{token}"), message);
                }
                Some(Text::Lookup { of: of?, table: lookup.table, otherwise })
            }
        }
    }

    /// A role, which no text of the identity provider may name: it would be the identity provider's to give then.
    fn role(&mut self, at: &str, given: Option<settings::Text>) -> Option<Text> {
        let text = self.text(at, given)?;
        let (place, named) = match &text {
            Text::Template(template) => (at.to_owned(), Some(template)),
            Text::Lookup { otherwise, .. } => (format!("{at}/otherwise"), otherwise.as_ref()),
        };
        if named.is_some_and(|template| !template.is_literal()) {
            self.problem(place, "A role is written out or looked up in a table. The identity provider's own text cannot name one.");
        }
        Some(text)
    }

    fn group_id(&mut self, at: &str, id: String) -> Option<String> {
        let is_hex = |part: &str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
        let lengths: Vec<usize> = id.split('-').map(str::len).collect();
        if lengths != [8, 4, 4, 4, 12] || !id.split('-').all(is_hex) {
            self.problem(at, "This is no group's SCIM id, such as 0192f0c1-7a3e-7c21-9d0e-0123456789ab.");
            return None;
        }
        Some(id.to_ascii_lowercase())
    }

    fn target(&mut self, at: &str, path: &str) -> Option<(String, doorlist_scim::Attribute)> {
        match values::target(path, &self.rt) {
            Ok((path, attribute)) => Some((path, attribute.clone())),
            Err(message) => {
                let message = self.explained(&message);
                self.problem(at, message);
                None
            }
        }
    }

    fn setting(&mut self, at: &str, given: settings::SetAttribute) -> Option<Setting> {
        let (path, attribute) = self.target(&format!("{at}/path"), &given.path)?;
        let source = match (given.value, given.from) {
            (Some(value), None) => Source::Text(self.attribute_text(&format!("{at}/value"), value, &attribute)?),
            (None, Some(from)) => Source::Path(self.source(&format!("{at}/from"), &from, &attribute)?),
            _ => {
                self.problem(at, "Give either value or from.");
                return None;
            }
        };
        Some(Setting::new(path, &attribute, source))
    }

    fn attribute_text(&mut self, at: &str, value: settings::Text, attribute: &doorlist_scim::Attribute) -> Option<Text> {
        let is_complex = attribute.kind == doorlist_scim::schema::Type::Complex;
        if is_complex && attribute.sub_attribute("value").is_none() {
            self.problem(at, format!("{} has sub-attributes. A text fits one of them.", attribute.name));
            return None;
        }
        self.text(at, Some(value))
    }

    fn source(&mut self, at: &str, from: &str, attribute: &doorlist_scim::Attribute) -> Option<PatchPath> {
        let path = template::path(from, &self.rt);
        let path = path.and_then(|path| values::fits(&path, attribute, &self.rt).map(|()| path));
        match path {
            Ok(path) => {
                self.needs.add(&path.attr);
                Some(path)
            }
            Err(message) => {
                let message = self.explained(&message);
                self.problem(at, message);
                None
            }
        }
    }
}

/// Effects of either kind.
trait Effects {
    /// Whether nothing is changed.
    fn are_none(&self) -> bool;
}

impl Effects for UserEffects {
    fn are_none(&self) -> bool {
        let single = self.included.is_none() && self.status.is_none() && self.remove_groups_where.is_none();
        let texts = [&self.role, &self.user_name, &self.display_name].iter().all(|text| text.is_none());
        let groups = self.remove_groups.is_empty() && self.add_groups.is_empty() && self.add_group_ids.is_empty();
        single && texts && groups && self.set_attributes.is_empty() && self.remove_attributes.is_empty()
    }
}

impl Effects for GroupEffects {
    fn are_none(&self) -> bool {
        self.included.is_none() && self.display_name.is_none()
    }
}

/// What a rule gives as its reason: its name, and its description or condition.
fn reason(name: &str, description: Option<&str>, when: Option<&str>) -> String {
    let said = description.map(str::trim).filter(|text| !text.is_empty());
    let why = said.or(when).unwrap_or("it is for everything");
    let mut end = why.len().min(REASON_BYTES_MAX);
    while !why.is_char_boundary(end) {
        end -= 1;
    }
    let cut = if end < why.len() { "…" } else { "" };
    format!("Rule \"{name}\": {}{cut}", why.get(..end).unwrap_or(why))
}
