//! `basemap.toml`: what a deployment says of its base map. A mistake in it stops the start.

use super::{Basemap, Kind, Layers, SETTINGS_FILE};
use serde::Deserialize;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Characters of an attribution.
const ATTRIBUTION_CHARS_MAX: usize = 300;
/// Characters of a url.
const URL_CHARS_MAX: usize = 1_000;
/// Characters of a file's name.
const FILE_CHARS_MAX: usize = 100;
/// The closest zoom of a base map.
const ZOOM_MAX: u8 = 22;
/// Bytes of the settings.
const SETTINGS_BYTES_MAX: u64 = 64 * 1024;
/// A `PMTiles` file of version 3 begins with its name and version; this byte says what its tiles are.
const PMTILES_START: &[u8; 8] = b"PMTiles\x03";
const PMTILES_TILE_TYPE_AT: usize = 99;
const PMTILES_HEADER_BYTES: usize = 127;
const VECTOR_TILES: u8 = 1;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    kind: Kind,
    file: Option<String>,
    url: Option<String>,
    attribution: Option<String>,
    layers: Option<Layers>,
    min_zoom: Option<u8>,
    max_zoom: Option<u8>,
}

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
pub enum BasemapError {
    #[error("the base map's settings {} cannot be read", path.display())]
    Unreadable {
        path: PathBuf,
        #[source]
        cause: std::io::Error,
    },
    #[error("the base map's settings {} are not right: {what}", path.display())]
    Wrong { path: PathBuf, what: String },
}

impl Basemap {
    /// Reads the settings: the named file, or `basemap.toml` in the data folder. Without either there is no base map.
    pub fn read(data: &Path, named: Option<&Path>) -> Result<Self, BasemapError> {
        let path = named.map_or_else(|| data.join(SETTINGS_FILE), Path::to_owned);
        let unreadable = |cause| BasemapError::Unreadable { path: path.clone(), cause };
        let file = match std::fs::File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && named.is_none() => return Ok(Self::default()),
            Err(error) => return Err(unreadable(error)),
        };
        let mut text = String::new();
        let bytes = file.take(SETTINGS_BYTES_MAX + 1).read_to_string(&mut text).map_err(unreadable)?;
        let wrong = |what: String| BasemapError::Wrong { path: path.clone(), what };
        if bytes as u64 > SETTINGS_BYTES_MAX {
            return Err(wrong(format!("the file has more than {SETTINGS_BYTES_MAX} bytes")));
        }
        let settings: Settings = toml::from_str(&text).map_err(|error| wrong(error.message().to_owned()))?;
        settings.basemap(path.parent().unwrap_or(Path::new("."))).map_err(wrong)
    }
}

impl Settings {
    fn basemap(self, folder: &Path) -> Result<Basemap, String> {
        let mut basemap = match self.kind {
            Kind::City => {
                return Err("`kind = \"city\"` is the demo's own; use `pmtiles`, `vector`, `raster` or `none`".into());
            }
            Kind::None => Basemap::default(),
            Kind::Pmtiles => self.of_file(folder)?,
            Kind::Vector | Kind::Raster => self.of_host()?,
        };
        basemap.attribution = attribution(self.attribution.as_deref().unwrap_or_default(), self.kind)?;
        let is_vector = matches!(self.kind, Kind::Pmtiles | Kind::Vector);
        basemap.layers = match self.layers {
            Some(Layers::City) => return Err("`layers` is `protomaps` or `openmaptiles`".into()),
            None if is_vector => return Err("vector tiles need `layers`: `protomaps` or `openmaptiles`".into()),
            Some(_) if !is_vector => return Err("`layers` is for vector tiles only".into()),
            layers => layers,
        };
        let (min, max) = (self.min_zoom, self.max_zoom);
        if min
            .or(max)
            .is_some_and(|_| min.unwrap_or(0) > max.unwrap_or(ZOOM_MAX) || max.is_some_and(|max| max > ZOOM_MAX))
        {
            return Err(format!("`min_zoom` and `max_zoom` are between 0 and {ZOOM_MAX}, in this order"));
        }
        (basemap.min_zoom, basemap.max_zoom) = (min, max);
        Ok(basemap)
    }

    /// A file beside the settings, looked at before anything is served.
    fn of_file(&self, folder: &Path) -> Result<Basemap, String> {
        if self.url.is_some() {
            return Err("`pmtiles` takes a `file` on this machine, not a `url`".into());
        }
        let name =
            self.file.as_deref().ok_or("`pmtiles` needs `file`, the name of a .pmtiles file beside the settings")?;
        let plain = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '-' | '_' | '.');
        let is_plain = name.len() <= FILE_CHARS_MAX && !name.starts_with('.') && name.chars().all(plain);
        if !is_plain || Path::new(name).extension().is_none_or(|ending| ending != "pmtiles") {
            return Err("`file` is a plain name that ends in .pmtiles, of letters, digits, `-`, `_` and `.`".into());
        }
        let path = folder.join(name);
        let mut header = [0; PMTILES_HEADER_BYTES];
        let read = std::fs::File::open(&path).and_then(|mut file| file.read_exact(&mut header));
        read.map_err(|error| format!("{} cannot be read as PMTiles: {error}", path.display()))?;
        if !header.starts_with(PMTILES_START) {
            return Err(format!("{} is not a PMTiles file of version 3", path.display()));
        }
        if header.get(PMTILES_TILE_TYPE_AT) != Some(&VECTOR_TILES) {
            return Err(format!("{} does not hold vector tiles (MVT)", path.display()));
        }
        Ok(Basemap::of_file(name, &path))
    }

    fn of_host(&self) -> Result<Basemap, String> {
        if self.file.is_some() {
            return Err("`file` is for `pmtiles` only; tiles of another host need `url`".into());
        }
        let url = self.url.as_deref().ok_or("tiles of another host need `url`")?;
        let origin = origin(url)?;
        let places = url.matches(['{', '}']).count();
        let is_template = ["{z}", "{x}", "{y}"].iter().all(|place| url.matches(place).count() == 1) && places == 6;
        if places != 0 && !is_template {
            return Err(
                "`url` is a template with {z}, {x} and {y}, once each, or the address of a TileJSON document".into()
            );
        }
        Ok(Basemap { kind: self.kind, url: Some(url.into()), origin: Some(origin), ..Basemap::default() })
    }
}

/// The attribution is text: it is never read as HTML.
fn attribution(text: &str, kind: Kind) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() && kind != Kind::None {
        return Err("`attribution` is missing: who made the map is shown on it".into());
    }
    if text.chars().count() > ATTRIBUTION_CHARS_MAX
        || text.chars().any(|sign| sign.is_control() || matches!(sign, '<' | '>'))
    {
        return Err(format!(
            "`attribution` is plain text of at most {ATTRIBUTION_CHARS_MAX} characters, without < and >"
        ));
    }
    Ok(text.to_owned())
}

/// `https://host` of a url, as a content security policy names it. Nothing else than a host and a port can get in.
fn origin(url: &str) -> Result<String, String> {
    if url.len() > URL_CHARS_MAX || !url.chars().all(|sign| sign.is_ascii_graphic()) {
        return Err(format!("`url` has at most {URL_CHARS_MAX} visible ASCII characters"));
    }
    let rest = url
        .strip_prefix("https://")
        .ok_or("`url` begins with https://: whoever sits between sees what is looked at")?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (name, port) = host.split_once(':').map_or((host, None), |(name, port)| (name, Some(port)));
    let is_name = name
        .split('.')
        .all(|part| !part.is_empty() && part.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '-'));
    if !is_name || port.is_some_and(|port| port.parse::<u16>().is_err()) {
        return Err("`url` has no host name".into());
    }
    Ok(format!("https://{host}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, files: &[(&str, &[u8])]) -> Result<Basemap, String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(SETTINGS_FILE), text).unwrap();
        for (name, bytes) in files {
            std::fs::write(folder.path().join(name), bytes).unwrap();
        }
        Basemap::read(folder.path(), None).map_err(|error| error.to_string())
    }

    fn pmtiles(tile_type: u8) -> Vec<u8> {
        let mut bytes = vec![0; 200];
        bytes[..8].copy_from_slice(PMTILES_START);
        bytes[PMTILES_TILE_TYPE_AT] = tile_type;
        bytes
    }

    #[test]
    fn a_deployment_without_settings_has_no_base_map_and_a_named_file_must_be_there() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Basemap::read(folder.path(), None).unwrap().kind, Kind::None);
        let missing = folder.path().join("other.toml");
        let error = Basemap::read(folder.path(), Some(&missing)).unwrap_err();
        assert!(error.to_string().contains("other.toml"));
        assert_eq!(read("kind = 'none'", &[]).unwrap().attribution, "");
    }

    #[test]
    fn each_kind_of_base_map_is_read_with_the_host_that_the_page_may_load_from() {
        let text = "kind = 'pmtiles'\nfile = 'region.pmtiles'\nattribution = '© somebody'\nlayers = 'protomaps'\nmax_zoom = 15";
        let map = read(text, &[("region.pmtiles", &pmtiles(VECTOR_TILES))]).unwrap();
        assert_eq!((map.url.as_deref(), map.max_zoom, map.origin), (Some("/basemap/region.pmtiles"), Some(15), None));

        let text = "kind = 'raster'\nurl = 'https://tiles.example.org:8443/{z}/{x}/{y}.png?key=1'\nattribution = 'a'";
        let map = read(text, &[]).unwrap();
        assert_eq!(map.origin.as_deref(), Some("https://tiles.example.org:8443"));

        let text = "kind = 'vector'\nurl = 'https://tiles.example.org/planet.json'\nattribution = 'a'\nlayers = 'openmaptiles'";
        assert_eq!(read(text, &[]).unwrap().layers, Some(Layers::Openmaptiles));
    }

    #[test]
    fn a_mistake_in_the_settings_is_named_and_stops_the_start() {
        let raster = "kind = 'raster'\nattribution = 'a'\n";
        let file = "kind = 'pmtiles'\nattribution = 'a'\nlayers = 'protomaps'\n";
        let cases: &[(String, &str)] = &[
            ("kind = 'city'".into(), "demo's own"),
            ("kind = 'globe'".into(), "unknown variant"),
            ("kind = 'none'\ncolour = 'red'".into(), "unknown field"),
            ("kind = 'raster'\nurl = 'https://a.example/{z}/{x}/{y}'".into(), "`attribution` is missing"),
            (format!("{raster}url = 'https://a.example/{{z}}/{{x}}'"), "{z}, {x} and {y}"),
            (format!("{raster}url = 'http://a.example/{{z}}/{{x}}/{{y}}'"), "https://"),
            (format!("{raster}url = 'https://a.example;script-src/{{z}}/{{x}}/{{y}}'"), "no host name"),
            (format!("{raster}url = 'https://a.example/t.json'\nlayers = 'protomaps'"), "vector tiles only"),
            (format!("{raster}url = 'https://a.example/t.json'\nmin_zoom = 9\nmax_zoom = 3"), "`min_zoom`"),
            (format!("{raster}url = 'https://a.example/t.json'\nmax_zoom = 40"), "`max_zoom`"),
            ("kind = 'raster'\nattribution = '<b>a</b>'\nurl = 'https://a.example/t.json'".into(), "plain text"),
            ("kind = 'vector'\nattribution = 'a'\nurl = 'https://a.example/t.json'".into(), "need `layers`"),
            (file.into(), "needs `file`"),
            (format!("{file}file = '../keys/master-1.key'"), "plain name"),
            (format!("{file}file = 'none.pmtiles'"), "cannot be read"),
            (format!("{file}file = 'text.pmtiles'"), "not a PMTiles file"),
            (format!("{file}file = 'pictures.pmtiles'"), "vector tiles"),
        ];
        for (text, named) in cases {
            let files: [(&str, &[u8]); 2] = [("text.pmtiles", &[b'x'; 200]), ("pictures.pmtiles", &pmtiles(2))];
            let error = read(text, &files).unwrap_err();
            assert!(error.contains(named), "{text}\n{error}");
            assert!(error.contains("basemap.toml"), "{error}");
        }
    }
}
