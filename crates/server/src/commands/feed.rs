//! `sightline feed try`: what a raw body would become, without a server and without storing anything.

use super::say;
use anyhow::Context;
use domain::{AgencyId, CameraId, PoolId, Position, Source};
use feeds::{CameraFacts, Format};
use std::io::Read;
use std::path::PathBuf;
use storage::{Clock, SystemClock};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Feed {
    /// Read a raw body and print the detections that it would become, as JSON
    Try {
        /// The body; `-` is standard input
        #[arg(default_value = "-")]
        file: PathBuf,
        /// `native`, `rekor`, `plate-recognizer` or `plate-recognizer-multipart`; left out, it is recognised
        #[arg(long)]
        format: Option<String>,
        /// Where the camera stands, as `LAT,LON`; left out, the body must say
        #[arg(long, value_name = "LAT,LON", allow_hyphen_values = true)]
        position: Option<String>,
        /// The camera's time zone, for times without an offset
        #[arg(long, default_value = "UTC")]
        zone: String,
        /// The camera's resolution
        #[arg(long, default_value = "1920x1080", value_name = "WIDTHxHEIGHT")]
        resolution: String,
    },
}

impl Feed {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Self::Try { file, format, position, zone, resolution } = self;
        let mut body = Vec::new();
        let limit = feeds::limits::BODY_BYTES_MAX as u64 + 1;
        if file.as_os_str() == "-" {
            std::io::stdin().take(limit).read_to_end(&mut body)?;
        } else {
            let opened = std::fs::File::open(&file).with_context(|| file.display().to_string())?;
            opened.take(limit).read_to_end(&mut body)?;
        }
        let position = position.as_deref().map(read_position).transpose()?;
        let (width_px, height_px) = resolution
            .split_once('x')
            .and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)))
            .context("a resolution such as 1920x1080")?;
        let camera = CameraFacts {
            camera: CameraId(1),
            owner: AgencyId(1),
            pool: PoolId(1),
            source: Source::Pole,
            position,
            zone,
            width_px,
            height_px,
        };
        let now = SystemClock.now();
        let received = match format {
            None => feeds::read_any(&body, &camera, now)?.1,
            Some(word) => feeds::read(read_format(&word)?, &body, &camera, now)?,
        };
        say(&serde_json::to_string_pretty(&feeds::to_json(&received))?);
        Ok(())
    }
}

fn read_format(word: &str) -> anyhow::Result<Format> {
    let all = [Format::Native, Format::Rekor, Format::PlateRecognizerJson, Format::PlateRecognizerMultipart];
    let words = all.map(Format::word).join(", ");
    all.into_iter().find(|format| format.word() == word).with_context(|| format!("the format is one of: {words}"))
}

pub(super) fn read_position(text: &str) -> anyhow::Result<Position> {
    let (lat, lon) = text.split_once(',').context("a position such as 34.01,-139.99")?;
    Ok(Position::from_degrees(lat.trim().parse()?, lon.trim().parse()?)?)
}
