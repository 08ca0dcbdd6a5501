//! What can be written to the ledger.

use crate::ids::AgencyId;
use serde_json::Value;

/// Something that is written to the ledger before it takes effect.
///
/// The record is made from the thing itself, so that what is recorded and what runs cannot differ.
pub trait Recordable {
    /// The agency whose key seals the record; `None` for acts of the installation itself.
    fn agency(&self) -> Option<AgencyId>;

    /// What kind of entry it is: `query.rows`, `sign-in`, `agency.created`, ...
    fn kind(&self) -> &'static str;

    /// Everything that is recorded. Numbers are integers; the ledger adds time and sequence.
    fn record(&self) -> Value;
}

/// The one byte form of a record: JSON with object keys sorted and no white space.
/// Integers only, so that two writers cannot format one number in two ways.
pub fn canonical_bytes(record: &Value) -> Vec<u8> {
    fn sort(value: &Value) -> Value {
        match value {
            Value::Object(map) => {
                let mut entries: Vec<_> = map.iter().collect();
                entries.sort_by(|a, b| a.0.cmp(b.0));
                Value::Object(entries.into_iter().map(|(key, value)| (key.clone(), sort(value))).collect())
            }
            Value::Array(items) => Value::Array(items.iter().map(sort).collect()),
            other => other.clone(),
        }
    }
    sort(record).to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_in_which_fields_were_set_does_not_change_the_bytes() {
        let one: Value = serde_json::from_str(r#"{"b":1,"a":{"d":[{"z":1,"y":2}],"c":"x"}}"#).unwrap();
        let two: Value = serde_json::from_str(r#"{"a":{"c":"x","d":[{"y":2,"z":1}]},"b":1}"#).unwrap();
        assert_eq!(canonical_bytes(&one), canonical_bytes(&two));
        assert_eq!(canonical_bytes(&one), br#"{"a":{"c":"x","d":[{"y":2,"z":1}]},"b":1}"#);
    }
}
