//! The questions with all their parameter sets as a file, so that peers in another language are asked the same.

use crate::cells::cover;
use crate::dataset::Dataset;
use crate::questions::{LINES, Wanted};
use anyhow::Context;
use domain::{Area, Criteria, Question, Token};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::path::Path;

/// Writes the file and gives its hash: figures of different parameter sets are never put beside each other.
pub(crate) fn write(data: Dataset, path: &Path) -> anyhow::Result<String> {
    let mut questions = Vec::new();
    for line in LINES.iter().filter(|line| line.is_for_peers) {
        let sets = line.questions(data)?;
        let sets: anyhow::Result<Vec<Value>> = sets.iter().map(parameters).collect();
        let wanted = if line.wanted == Wanted::ExactCount { "count" } else { "rows" };
        questions.push(json!({ "name": line.name, "wanted": wanted, "sets": sets? }));
    }
    let questions = Value::Array(questions);
    let hash = hash_of(questions.to_string().as_bytes());
    let document = json!({
        "rows": data.rows, "hash": hash, "questions": questions,
        "cap": domain::limits::RESULTS_WARNING, "newest": domain::limits::RESULTS_AFTER_WARNING,
    });
    std::fs::write(path, document.to_string())?;
    Ok(hash)
}

/// The first 64 bits of SHA-256 in hexadecimal; enough to tell that two differ.
fn hash_of(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes).get(..8).unwrap_or_default())
}

/// The hash of ids in the order of an answer, as peers make it of theirs: eight bytes each, the lowest first.
pub(crate) fn hash_of_ids(ids: impl Iterator<Item = u64>) -> String {
    hash_of(&ids.flat_map(u64::to_le_bytes).collect::<Vec<_>>())
}

/// What a question asks, as plain values: texts as the store compares them, microseconds since 1970, 1e-7 degrees.
fn parameters(question: &Question) -> anyhow::Result<Value> {
    let criteria = question.criteria();
    let pattern = criteria.pattern().map(|pattern| {
        let sign = |token: &Token| match token {
            Token::Literal(character) => *character,
            Token::One => '?',
            Token::Any => '*',
        };
        pattern.tokens().iter().map(sign).collect::<String>()
    });
    let areas: Vec<Value> = criteria.areas().into_iter().map(area).collect();
    let vehicle = criteria.vehicle();
    anyhow::ensure!(
        vehicle.is_none_or(|vehicle| vehicle.model.is_none() && vehicle.year.is_none()),
        "peers are not asked for models and years"
    );
    let kind = match criteria {
        Criteria::FullPlate { .. } => "full-plate",
        Criteria::PartialPlate { .. } => "partial-plate",
        Criteria::Area { .. } => "area",
        Criteria::CommonPlate { .. } => "common-plate",
        _ => None.context("peers are not asked this kind")?,
    };
    Ok(json!({
        "kind": kind, "pattern": pattern, "state": criteria.state(), "areas": areas,
        "make": vehicle.and_then(|vehicle| vehicle.make.clone()),
        "colour": vehicle.and_then(|vehicle| vehicle.colour.clone()),
        "from": question.frame().from().0, "to": question.frame().to().0,
    }))
}

fn area(area: &Area) -> Value {
    let ring: Vec<_> = area.outline().iter().map(|corner| [corner.lon_e7, corner.lat_e7]).collect();
    let (low, high) = area.bounds();
    let on_bounds = |corner: &[i32; 2]| {
        (corner[0] == low.lon_e7 || corner[0] == high.lon_e7) && (corner[1] == low.lat_e7 || corner[1] == high.lat_e7)
    };
    let cells: Vec<_> = cover(area).iter().map(|range| json!([range.first, range.last, range.is_inside])).collect();
    json!({
        "is_box": ring.len() == 4 && ring.iter().all(on_bounds), "ring": ring, "cells": cells,
        "bounds": [low.lon_e7, low.lat_e7, high.lon_e7, high.lat_e7],
    })
}
