//! The map below the reads: the fictional city's, a file of vector tiles on this machine, or another host's tiles.
//!
//! Another host learns which places are looked at; `docs/base-map.md` says what follows from that.

pub mod api;
pub mod ranges;
pub mod settings;

use bytes::Bytes;
use std::path::{Path, PathBuf};

/// Name of the settings in the data folder.
pub const SETTINGS_FILE: &str = "basemap.toml";

/// What maps are drawn on.
#[derive(Clone, Debug, Default)]
pub struct Basemap {
    pub kind: Kind,
    /// Where the page finds it: a path of ours, or a template or `TileJSON` of another host.
    pub url: Option<String>,
    /// Shown on the map; empty for no map.
    pub attribution: String,
    pub min_zoom: Option<u8>,
    pub max_zoom: Option<u8>,
    pub layers: Option<Layers>,
    /// Another host that the page may load from, as `https://host`.
    pub origin: Option<String>,
    content: Content,
}

/// What kind of map it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = BasemapKind)]
pub enum Kind {
    /// The fictional city, as one `GeoJSON` document.
    City,
    /// A file of vector tiles, read in ranges.
    Pmtiles,
    /// Vector tiles of another host.
    Vector,
    /// Picture tiles of another host.
    Raster,
    /// No map: reads on an empty ground.
    #[default]
    None,
}

/// How the layers of vector tiles are named, so that the page knows what to draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = BasemapLayers)]
pub enum Layers {
    City,
    Protomaps,
    Openmaptiles,
}

/// What we serve of it.
#[derive(Clone, Debug, Default)]
enum Content {
    #[default]
    Nothing,
    Document {
        name: &'static str,
        json: Bytes,
        etag: String,
    },
    File {
        name: String,
        path: PathBuf,
    },
}

impl Basemap {
    /// The fictional city's own map.
    pub fn of_city(city: &city::City) -> Self {
        let json = Bytes::from(city.map_geojson().to_string());
        let etag = etag_of(&json);
        Self {
            kind: Kind::City,
            url: Some("/basemap/city.geojson".into()),
            attribution: format!("{}, a fictional city", city::NAME),
            layers: Some(Layers::City),
            content: Content::Document { name: "city.geojson", json, etag },
            ..Self::default()
        }
    }

    /// A file of vector tiles beside the settings, which was looked at.
    fn of_file(name: &str, path: &Path) -> Self {
        Self {
            kind: Kind::Pmtiles,
            url: Some(format!("/basemap/{name}")),
            content: Content::File { name: name.into(), path: path.to_owned() },
            ..Self::default()
        }
    }
}

/// Weak: the bytes on the wire may be compressed.
fn etag_of(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    format!("W/\"{}\"", hex::encode(Sha256::digest(bytes).get(..16).unwrap_or_default()))
}
