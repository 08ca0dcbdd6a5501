//! The city as `GeoJSON`, for a map: streets, water, parks, landmarks and cameras.

use crate::City;
use domain::Position;
use serde_json::{Value, json};

fn point(position: Position) -> Value {
    json!([position.lon(), position.lat()])
}

/// A ring as `GeoJSON` wants it: the first corner again at the end.
fn ring(outline: &[Position]) -> Value {
    outline.iter().chain(outline.first()).map(|corner| point(*corner)).collect()
}

fn feature(geometry: &Value, properties: &Value) -> Value {
    json!({ "type": "Feature", "geometry": geometry, "properties": properties })
}

fn collection(features: impl Iterator<Item = Value>) -> Value {
    json!({ "type": "FeatureCollection", "features": features.collect::<Vec<_>>() })
}

impl City {
    /// All that a map is drawn from, in drawing order: patches, streets, landmarks, told apart by `layer`.
    pub fn map_geojson(&self) -> Value {
        let layers = [
            ("patch", self.patches_geojson()),
            ("street", self.streets_geojson()),
            ("landmark", self.landmarks_geojson()),
        ];
        collection(layers.into_iter().flat_map(|(layer, mut collection)| {
            let features = collection.get_mut("features").and_then(Value::as_array_mut).map(std::mem::take);
            features.unwrap_or_default().into_iter().map(move |mut feature| {
                if let Some(properties) = feature.get_mut("properties").and_then(Value::as_object_mut) {
                    properties.insert("layer".into(), layer.into());
                }
                feature
            })
        }))
    }

    /// Streets as lines, with `name` and `class` (`freeway`, `arterial`, `collector`, `residential`), small ones first.
    pub fn streets_geojson(&self) -> Value {
        let mut streets: Vec<_> = self.streets().iter().collect();
        streets.sort_by_key(|street| street.class);
        collection(streets.into_iter().map(|street| {
            let line: Value = street.points.iter().map(|place| point(*place)).collect();
            let geometry = json!({ "type": "LineString", "coordinates": line });
            feature(&geometry, &json!({ "name": street.name, "class": street.class.as_str() }))
        }))
    }

    /// Water and parks as polygons, with `name` and `kind` (`ocean`, `river`, `lake`, `park`), in drawing order.
    pub fn patches_geojson(&self) -> Value {
        collection(self.patches().iter().map(|patch| {
            let geometry = json!({ "type": "Polygon", "coordinates": [ring(&patch.outline)] });
            feature(&geometry, &json!({ "name": patch.name, "kind": patch.kind.as_str() }))
        }))
    }

    /// Landmarks as polygons, with `name` and `kind` (`school`, `hospital`, `clinic`, `place-of-worship`, ...).
    pub fn landmarks_geojson(&self) -> Value {
        collection(self.landmarks().iter().map(|landmark| {
            let geometry = json!({ "type": "Polygon", "coordinates": [ring(&landmark.outline)] });
            feature(&geometry, &json!({ "name": landmark.name, "kind": landmark.kind.as_str() }))
        }))
    }

    /// Cameras as points, with `key`, `name`, `source`, `owner` and `mobile`.
    pub fn cameras_geojson(&self) -> Value {
        collection(self.cameras().iter().map(|camera| {
            let geometry = json!({ "type": "Point", "coordinates": point(camera.position) });
            let properties = json!({
                "key": camera.key,
                "name": camera.name,
                "source": camera.source.to_string(),
                "owner": camera.owner.as_str(),
                "mobile": camera.mobile,
            });
            feature(&geometry, &properties)
        }))
    }
}
