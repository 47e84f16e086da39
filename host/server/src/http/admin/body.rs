//! Request bodies: JSON that is checked against the JSON Schema of its type before anything else looks at it.
//!
//! The same JSON Schema stands in the OpenAPI document. Knows nothing of what a body is for.

use axum::http::{HeaderMap, header};
use doorlist_scim::ErrorKind;
use jsonschema::Validator;
use jsonschema::error::{ValidationError, ValidationErrorKind};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

use crate::error::{Error, Problem, Result, pointer_below};
use crate::limits::BODY_PROBLEMS_MAX;

/// What is said of a body beside the problems that it has.
pub(in crate::http) const BODY_REFUSED: &str = "The body is not what is asked for here.";

/// What a type's JSON Schema is, among others in a generator.
pub(super) type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// What an endpoint takes as a body.
pub(super) struct Shape {
    /// The JSON Schema, for the OpenAPI document.
    pub(super) schema: SchemaOf,
    validator: Result<Validator, String>,
}

impl Shape {
    /// The shape of a type.
    pub(super) fn of<T: JsonSchema>() -> Self {
        let schema = SchemaSettings::draft2020_12().for_deserialize().into_generator().into_root_schema_for::<T>();
        let validator = jsonschema::options().should_validate_formats(true).build(schema.as_value());
        Self { schema: |generator| generator.subschema_for::<T>(), validator: validator.map_err(|cause| cause.to_string()) }
    }

    /// Whether it can be left out.
    pub(super) fn is_optional(&self) -> bool {
        self.check(Value::Object(serde_json::Map::new())).is_ok()
    }

    /// Refuses a body by its media type. A request without one has no body, or one that JSON is expected of.
    ///
    /// # Errors
    /// If it is another one than JSON's.
    pub(super) fn check_media_type(&self, headers: &HeaderMap) -> Result<()> {
        if headers.contains_key(header::CONTENT_TYPE) { expect_media_type(headers, JSON) } else { Ok(()) }
    }

    /// Reads a body. An empty one counts as an object without fields, so that what is all optional can be left out.
    ///
    /// # Errors
    /// If it is no JSON, or not what the JSON Schema asks.
    pub(super) fn read(&self, bytes: Vec<u8>) -> Result<Value> {
        if bytes.is_empty() {
            return self.check(Value::Object(serde_json::Map::new()));
        }
        let value = serde_json::from_slice(&bytes).map_err(|cause| {
            let detail = format!("The body is no JSON: see line {}, column {}.", cause.line(), cause.column());
            Error::new(ErrorKind::InvalidSyntax, detail)
        })?;
        self.check(value)
    }

    /// Refuses what the JSON Schema refuses.
    ///
    /// # Errors
    /// With a JSON Pointer for each problem, as many as fit.
    pub(super) fn check(&self, value: Value) -> Result<Value> {
        let validator = self.validator.as_ref().map_err(|cause| Error::internal(cause.clone()))?;
        let problems: Vec<Problem> = validator.iter_errors(&value).flat_map(|error| told(&error)).take(BODY_PROBLEMS_MAX).collect();
        if problems.is_empty() {
            return Ok(value);
        }
        Err(Error::invalid(BODY_REFUSED).with_problems(problems))
    }
}

/// Media type of JSON.
const JSON: &str = "application/json";

/// Media type of WebAssembly.
pub(super) const WASM: &str = "application/wasm";

/// Refuses a body that does not say that it is `expected`.
///
/// # Errors
/// 415 if it says something else, or nothing.
pub(super) fn expect_media_type(headers: &HeaderMap, expected: &str) -> Result<()> {
    let said = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let essence = said.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case(expected) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::UnsupportedMediaType, format!("The body has to be {expected}.")))
}

/// A violation of the JSON Schema in our words, at the place that has to change.
fn told(error: &ValidationError<'_>) -> Vec<Problem> {
    let place = error.instance_path().as_str();
    let at = |message: String| vec![Problem { pointer: place.to_owned(), message }];
    let below = |name: &str, message: &str| Problem { pointer: pointer_below(place, name), message: message.to_owned() };
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            unexpected.iter().map(|name| below(name, "There is no such field.")).collect()
        }
        ValidationErrorKind::Required { property } => vec![below(property.as_str().unwrap_or_default(), "This is required.")],
        ValidationErrorKind::Type { kind } => at(format!("This has to be {}.", type_words(kind))),
        ValidationErrorKind::Enum { options } => at(format!("This has to be one of {options}.")),
        ValidationErrorKind::Constant { expected_value } => at(format!("This has to be {expected_value}.")),
        ValidationErrorKind::Format { format } => at(format!("This has to have the format {format}.")),
        ValidationErrorKind::MinLength { limit } => at(format!("This has to have at least {limit} characters.")),
        ValidationErrorKind::MaxLength { limit } => at(format!("This has to have at most {limit} characters.")),
        ValidationErrorKind::Maximum { limit } => at(format!("This has to be at most {limit}.")),
        ValidationErrorKind::Minimum { limit } => at(format!("This has to be at least {limit}.")),
        ValidationErrorKind::MinItems { limit } => at(format!("This has to have at least {limit} entries.")),
        ValidationErrorKind::MaxItems { limit } => at(format!("This has to have at most {limit} entries.")),
        ValidationErrorKind::OneOfNotValid { context } | ValidationErrorKind::AnyOf { context } => match meant(context, place) {
            Some(errors) => errors.iter().flat_map(told).collect(),
            None => at(choices(context)),
        },
        _ => at("This is not acceptable.".to_owned()),
    }
}

fn type_words(kind: &jsonschema::error::TypeKind) -> String {
    use jsonschema::error::TypeKind;
    match kind {
        TypeKind::Single(one) => format!("of type {one}"),
        TypeKind::Multiple(several) => {
            let names: Vec<String> = several.iter().map(|one| one.to_string()).collect();
            format!("of type {}", names.join(" or "))
        }
    }
}

/// What is wrong by the one alternative that was meant, where all others are of another type: what may be null mostly is not.
fn meant<'a, 'b>(alternatives: &'a [Vec<ValidationError<'b>>], place: &str) -> Option<&'a [ValidationError<'b>]> {
    let is_of_its_type = |errors: &&Vec<ValidationError<'_>>| {
        let is_type = |error: &ValidationError<'_>| matches!(error.kind(), ValidationErrorKind::Type { .. });
        !errors.iter().any(|error| is_type(error) && error.instance_path().as_str() == place)
    };
    let mut meant = alternatives.iter().filter(is_of_its_type);
    meant.next().filter(|_| meant.next().is_none()).map(Vec::as_slice)
}

/// The constants that would have been right, if the alternatives were constants.
fn choices(alternatives: &[Vec<ValidationError<'_>>]) -> String {
    let mut choices = Vec::new();
    gather_choices(alternatives, &mut choices);
    if choices.is_empty() {
        return "This is none of the possible values.".to_owned();
    }
    format!("This has to be one of {}.", choices.join(", "))
}

fn gather_choices(alternatives: &[Vec<ValidationError<'_>>], choices: &mut Vec<String>) {
    for error in alternatives.iter().flatten() {
        match error.kind() {
            ValidationErrorKind::Constant { expected_value } => choices.push(expected_value.to_string()),
            ValidationErrorKind::OneOfNotValid { context } | ValidationErrorKind::AnyOf { context } => gather_choices(context, choices),
            _ => {}
        }
    }
}
