//! `sightline query`: asks through the API, like every other client.

use super::client::{Client, ServerArgs};
use super::{complain, say};
use anyhow::Context;
use clap::ValueEnum;
use serde_json::{Value, json};
use std::path::PathBuf;

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    FullPlate,
    PartialPlate,
    MakeModel,
    Area,
    CommonPlate,
    Movement,
}

#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[derive(Debug, clap::Args)]
pub(super) struct Query {
    #[command(flatten)]
    server: ServerArgs,
    kind: Kind,
    /// A plate, or for partial-plate a pattern with `*` and `?`
    #[arg(long)]
    plate: Option<String>,
    /// Such as US-CA
    #[arg(long)]
    state: Option<String>,
    #[arg(long)]
    make: Option<String>,
    #[arg(long)]
    model: Option<String>,
    #[arg(long)]
    colour: Option<String>,
    #[arg(long)]
    year: Option<u16>,
    /// A GeoJSON file: a Polygon, a Feature, a `FeatureCollection` or an array of these
    #[arg(long, value_name = "FILE")]
    areas: Option<PathBuf>,
    /// RFC 3339 with offset
    #[arg(long)]
    from: Option<String>,
    /// RFC 3339 with offset
    #[arg(long)]
    to: Option<String>,
    /// Also plates with look-alike characters
    #[arg(long)]
    look_alikes: bool,
    /// Also the reader's alternative readings
    #[arg(long)]
    alternatives: bool,
    /// Reason code
    #[arg(long)]
    reason: Option<String>,
    /// Case reference
    #[arg(long = "case", value_name = "REFERENCE")]
    case_reference: Option<String>,
    /// Subject identifying information
    #[arg(long)]
    subject: Option<String>,
    /// What the question is aimed at: `person: ...`, `vehicle: ...` or `criminal-activity: ...`
    #[arg(long)]
    target: Option<String>,
    #[arg(long)]
    justification: Option<String>,
    /// The facts that link the area and the investigation
    #[arg(long)]
    suspicion_facts: Option<String>,
    /// A colleague's user id
    #[arg(long, value_name = "USER")]
    on_behalf_of: Option<String>,
    /// I state that the place, not its population, links to the case
    #[arg(long)]
    place_linked_to_case: bool,
    /// I state that no protected trait or expression is the ground of the question
    #[arg(long)]
    not_based_on_trait: bool,
    /// Only count
    #[arg(long)]
    preview: bool,
    /// 10,000 or more results: show the 5,000 most recent
    #[arg(long)]
    confirm_large: bool,
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
}

impl Query {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let client = Client::new(&self.server)?;
        let answer = client.post("/api/v1/queries", &self.body()?)?.success()?;
        let mut rows = page_rows(answer.pointer("/page/rows"));
        let pages = answer.pointer("/page/pages").and_then(Value::as_u64).unwrap_or(1);
        let query = answer.get("query").and_then(Value::as_str).context("a query id in the answer")?;
        for page in 1..pages {
            let further = client.get(&format!("/api/v1/queries/{query}/rows?page={page}"))?.success()?;
            rows.extend(page_rows(further.get("rows")));
        }
        if self.json {
            let mut whole = answer.clone();
            if let Some(shown) = whole.pointer_mut("/page/rows") {
                *shown = Value::Array(rows);
            }
            say(&serde_json::to_string_pretty(&whole)?);
            return Ok(());
        }
        print_answer(&answer, &rows);
        Ok(())
    }

    fn body(&self) -> anyhow::Result<Value> {
        let kind = self.kind.to_possible_value().context("a kind with a name")?.get_name().to_owned();
        let target = self.target.as_deref().map(|target| {
            let (kind, description) = target.split_once(':').unwrap_or(("vehicle", target));
            json!({ "kind": kind.trim(), "description": description.trim() })
        });
        Ok(json!({
            "question": {
                "kind": kind, "plate": self.plate, "state": self.state,
                "vehicle": { "make": self.make, "model": self.model, "colour": self.colour, "year": self.year },
                "areas": self.areas.as_ref().map(read_areas).transpose()?.unwrap_or_default(),
                "from": self.from, "to": self.to,
                "look_alikes": self.look_alikes, "alternatives": self.alternatives,
            },
            "purpose": {
                "reason": self.reason, "case_reference": self.case_reference, "subject": self.subject,
                "target": target, "justification": self.justification, "suspicion_facts": self.suspicion_facts,
                "on_behalf_of": self.on_behalf_of, "place_linked_to_case": self.place_linked_to_case,
                "not_based_on_trait": self.not_based_on_trait,
            },
            "preview": self.preview, "confirm_large": self.confirm_large,
        }))
    }
}

fn page_rows(rows: Option<&Value>) -> Vec<Value> {
    rows.and_then(Value::as_array).cloned().unwrap_or_default()
}

/// The polygons of a GeoJSON file.
fn read_areas(path: &PathBuf) -> anyhow::Result<Vec<Value>> {
    fn collect(value: &Value, found: &mut Vec<Value>) {
        match value.get("type").and_then(Value::as_str) {
            Some("Polygon") => found.push(json!({ "type": "Polygon", "coordinates": value.get("coordinates") })),
            Some("Feature") => value.get("geometry").into_iter().for_each(|geometry| collect(geometry, found)),
            Some("FeatureCollection") => {
                value
                    .get("features")
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten()
                    .for_each(|feature| collect(feature, found));
            }
            _ => value.as_array().into_iter().flatten().for_each(|inner| collect(inner, found)),
        }
    }
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let mut found = Vec::new();
    collect(&serde_json::from_str(&text).context("GeoJSON")?, &mut found);
    anyhow::ensure!(!found.is_empty(), "there is no Polygon in {}", path.display());
    Ok(found)
}

fn print_answer(answer: &Value, rows: &[Value]) {
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or("-").to_owned();
    complain(&text(answer, "sentence"));
    if let Some(notice) = answer.get("notice").and_then(Value::as_str) {
        complain(notice);
    }
    for row in rows {
        let vehicle = ["colour", "make", "model"].map(|name| text(row, name)).join(" ").replace('-', "");
        let unverified = if row.get("verified").and_then(Value::as_bool) == Some(true) { "" } else { "  unverified" };
        say(&format!(
            "{}  {:<10} {:<6}  {:<28}  {:<22}  {}{}",
            text(row, "scan_time"),
            text(row, "plate"),
            text(row, "state"),
            text(row, "camera"),
            vehicle.split_whitespace().collect::<Vec<_>>().join(" "),
            text(row, "match"),
            unverified,
        ));
    }
    for plate in answer.get("common").and_then(Value::as_array).into_iter().flatten() {
        let places = plate.get("places").and_then(Value::as_array).into_iter().flatten();
        let seen: Vec<_> = places
            .enumerate()
            .filter(|(_, place)| !place.is_null())
            .map(|(number, place)| format!("area {} {} to {}", number + 1, text(place, "first"), text(place, "last")))
            .collect();
        say(&format!("common  {:<10} {:<6}  {}", text(plate, "plate"), text(plate, "state"), seen.join("; ")));
    }
    let count = answer.get("count").map(ToString::to_string).unwrap_or_default();
    let entry = answer.pointer("/receipt/entry").map(ToString::to_string).unwrap_or_default();
    complain(&format!("{count} results; ledger entry {entry}. {}", text(answer, "reminder")));
}
