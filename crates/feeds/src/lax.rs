//! JSON read without surprise: a value of the wrong type is noted, not an error that could quote a plate.
//!
//! Every list is bounded while it is read, and what no field wants is skipped without being built, so that memory stays
//! in proportion to the body. Nesting is bounded by `serde_json` (128).

use crate::Reason;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// A field: absent or null, of another type than expected, or read.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Lax<T> {
    #[default]
    Missing,
    Wrong,
    Is(T),
}

impl<T> Lax<T> {
    /// For formats that are not ours: a value of the wrong type is as good as none.
    pub(crate) fn lenient(self) -> Option<T> {
        match self {
            Self::Is(value) => Some(value),
            Self::Missing | Self::Wrong => None,
        }
    }

    pub(crate) fn as_ref(&self) -> Option<&T> {
        match self {
            Self::Is(value) => Some(value),
            Self::Missing | Self::Wrong => None,
        }
    }

    pub(crate) fn is_present(&self) -> bool {
        !matches!(self, Self::Missing)
    }
}

impl<T> Lax<T>
where
    T: Expected,
{
    pub(crate) fn strict(self) -> Result<Option<T>, Reason> {
        match self {
            Self::Is(value) => Ok(Some(value)),
            Self::Missing => Ok(None),
            Self::Wrong => Err(T::EXPECTED.into()),
        }
    }

    pub(crate) fn required(self) -> Result<T, Reason> {
        self.strict()?.ok_or_else(|| "missing".into())
    }
}

/// What is said when another type comes.
pub(crate) trait Expected {
    const EXPECTED: &'static str;
}

/// How a type is made from each kind of JSON value; `None` is the wrong type.
pub(crate) trait FromJson<'de>: Sized {
    fn text(_: Cow<'de, str>) -> Option<Self> {
        None
    }
    fn number(_: f64) -> Option<Self> {
        None
    }
    fn flag(_: bool) -> Option<Self> {
        None
    }
    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }
    fn object<A: MapAccess<'de>>(mut object: A) -> Result<Option<Self>, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

impl Expected for Cow<'_, str> {
    const EXPECTED: &'static str = "must be a text";
}
impl<'de: 'a, 'a> FromJson<'de> for Cow<'a, str> {
    fn text(text: Cow<'de, str>) -> Option<Self> {
        Some(text)
    }
}

impl Expected for f64 {
    const EXPECTED: &'static str = "must be a number";
}
impl FromJson<'_> for f64 {
    fn number(number: f64) -> Option<Self> {
        Some(number)
    }
}

impl Expected for bool {
    const EXPECTED: &'static str = "must be true or false";
}
impl FromJson<'_> for bool {
    fn flag(flag: bool) -> Option<Self> {
        Some(flag)
    }
}

/// A number that some senders write as a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Loose(pub(crate) f64);

impl<'de> FromJson<'de> for Loose {
    fn text(text: Cow<'de, str>) -> Option<Self> {
        text.trim().parse().ok().filter(|number: &f64| number.is_finite()).map(Self)
    }
    fn number(number: f64) -> Option<Self> {
        Some(Self(number))
    }
}

/// A name that some senders write as a number.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Label<'a>(pub(crate) Cow<'a, str>);

impl<'de: 'a, 'a> FromJson<'de> for Label<'a> {
    fn text(text: Cow<'de, str>) -> Option<Self> {
        Some(Self(text))
    }
    fn number(number: f64) -> Option<Self> {
        Some(Self(number.to_string().into()))
    }
}

/// The first `MAX` elements of a list, and how many more there were.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Bounded<T, const MAX: usize> {
    pub(crate) items: Vec<Lax<T>>,
    pub(crate) more: usize,
}

impl<T, const MAX: usize> Default for Bounded<T, MAX> {
    fn default() -> Self {
        Self { items: Vec::new(), more: 0 }
    }
}

impl<T, const MAX: usize> Expected for Bounded<T, MAX> {
    const EXPECTED: &'static str = "must be a list";
}

impl<'de, T: FromJson<'de>, const MAX: usize> FromJson<'de> for Bounded<T, MAX> {
    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        let mut bounded = Self::default();
        while bounded.items.len() < MAX {
            match list.next_element()? {
                Some(item) => bounded.items.push(item),
                None => return Ok(Some(bounded)),
            }
        }
        while list.next_element::<IgnoredAny>()?.is_some() {
            bounded.more += 1;
        }
        Ok(Some(bounded))
    }
}

/// Makes a struct of `Lax` fields readable as a JSON object.
macro_rules! json_object {
    ($name:ident $(<$life:lifetime>)?) => {
        impl $(<$life>)? $crate::lax::Expected for $name $(<$life>)? {
            const EXPECTED: &'static str = "must be an object";
        }
        impl<'de $(: $life, $life)?> $crate::lax::FromJson<'de> for $name $(<$life>)? {
            fn object<A: serde::de::MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
                serde::Deserialize::deserialize(serde::de::value::MapAccessDeserializer::new(object)).map(Some)
            }
        }
    };
}
pub(crate) use json_object;

impl<'de, T: FromJson<'de>> Deserialize<'de> for Lax<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader(PhantomData))
    }
}

struct Reader<T>(PhantomData<T>);

impl<'de, T: FromJson<'de>> Visitor<'de> for Reader<T> {
    type Value = Lax<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Lax<T>, E> {
        Ok(known(T::text(Cow::Borrowed(text))))
    }

    fn visit_str<E>(self, text: &str) -> Result<Lax<T>, E> {
        Ok(known(T::text(Cow::Owned(text.to_owned()))))
    }

    fn visit_string<E>(self, text: String) -> Result<Lax<T>, E> {
        Ok(known(T::text(Cow::Owned(text))))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Lax<T>, E> {
        Ok(known(T::number(number)))
    }

    #[expect(clippy::cast_precision_loss, reason = "integers beyond 2^53 are not sent in any field that is read")]
    fn visit_i64<E>(self, number: i64) -> Result<Lax<T>, E> {
        Ok(known(T::number(number as f64)))
    }

    #[expect(clippy::cast_precision_loss, reason = "integers beyond 2^53 are not sent in any field that is read")]
    fn visit_u64<E>(self, number: u64) -> Result<Lax<T>, E> {
        Ok(known(T::number(number as f64)))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Lax<T>, E> {
        Ok(known(T::flag(flag)))
    }

    fn visit_unit<E>(self) -> Result<Lax<T>, E> {
        Ok(Lax::Missing)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Lax<T>, A::Error> {
        T::list(list).map(known)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Lax<T>, A::Error> {
        T::object(object).map(known)
    }
}

fn known<T>(value: Option<T>) -> Lax<T> {
    value.map_or(Lax::Wrong, Lax::Is)
}

/// What is wrong with a document, without any of its values: the field for an unknown or repeated one, and the reason.
pub(crate) fn fault_of(error: &serde_json::Error) -> (Option<String>, Reason) {
    let text = error.to_string();
    for (start, reason) in [("unknown field `", "unknown field"), ("duplicate field `", "given twice")] {
        let Some((name, after)) = text.strip_prefix(start).and_then(|rest| rest.split_once('`')) else { continue };
        // The list of fields that follows is our own text; the name is the sender's, so it is made harmless.
        let known = after.strip_prefix(", expected ").and_then(|list| list.split(" at line ").next());
        let reason = known.map_or_else(|| reason.into(), |list| format!("{reason}; expected {list}").into());
        return (Some(printable(name)), reason);
    }
    let reason = match error.classify() {
        serde_json::error::Category::Eof => "the JSON ends too early".into(),
        serde_json::error::Category::Syntax => without_position(&text).into(),
        serde_json::error::Category::Data | serde_json::error::Category::Io => "not the expected document".into(),
    };
    (None, reason)
}

/// Syntax messages of `serde_json` hold no values.
fn without_position(text: &str) -> String {
    text.split(" at line ").next().unwrap_or_default().to_owned()
}

/// At most 40 letters, digits, `_`, `-` and `.` of a name that a sender made up.
fn printable(name: &str) -> String {
    name.chars().take(40).map(|c| if c.is_ascii_alphanumeric() || "_-.".contains(c) { c } else { '?' }).collect()
}

/// For readers that must stop with a reason of their own.
pub(crate) fn stop<E: serde::de::Error>(reason: &'static str) -> E {
    E::custom(reason)
}
