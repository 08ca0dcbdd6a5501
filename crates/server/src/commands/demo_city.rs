//! The fictional city inside the demo: history, pictures drawn when first asked for, live cameras.

use crate::App;
use crate::cameras::store as camera_store;
use anyhow::Context;
use city::picture::{draw_plate, draw_scene};
use city::{City, CityPlan, CityRead};
use detections::PhotoSource;
use domain::detection::PhotoKind;
use domain::limits::BATCH_DETECTIONS_MAX;
use domain::{Detection, NewDetection, NewPhoto, PlateText, Reading, UtcMicros};
use feeds::CameraFacts;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;
use storage::{Clock, ShiftedClock};

const DAYS: u32 = 90;
/// How long a live camera waits for the server.
pub(super) const POST_TIME_MAX: Duration = Duration::from_secs(10);

/// What the demo's city is made from; kept in the data folder, because pictures of history are drawn from it later.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct DemoPlan {
    pub(super) seed: u64,
    /// Reads of history.
    pub(super) rows: u64,
    /// Where history ends.
    pub(super) end: UtcMicros,
    /// Where the demo's own clock began, where it has one.
    #[serde(default)]
    pub(super) at: Option<UtcMicros>,
    /// How far ahead of the machine's clock it runs since then.
    #[serde(default)]
    pub(super) ahead_micros: Option<i64>,
}

impl DemoPlan {
    /// The demo's clock: its own, standing until the folder is filled, or the machine's.
    pub(super) fn clock(&self) -> ShiftedClock {
        match (self.at, self.ahead_micros) {
            (Some(at), None) => ShiftedClock::standing_at(at),
            (_, ahead) => ShiftedClock::ahead_by(ahead.unwrap_or_default()),
        }
    }

    pub(super) fn city(&self) -> CityPlan {
        CityPlan { seed: self.seed, days: DAYS, end: self.end, ..CityPlan::default() }
    }
}

/// The city's cameras as keepers of pictures: they draw one when it is first asked for.
#[derive(Debug)]
pub(super) struct FictionalCameras {
    city: Arc<City>,
}

impl FictionalCameras {
    pub(super) fn new(city: Arc<City>) -> Self {
        Self { city }
    }
}

#[async_trait::async_trait]
impl PhotoSource for FictionalCameras {
    async fn fetch(&self, detection: &Detection, n: u8) -> Option<NewPhoto> {
        let (city, event_id) = (Arc::clone(&self.city), detection.event_id.clone());
        let drawn = tokio::task::spawn_blocking(move || {
            let subject = city.recall(&event_id)?;
            match n {
                0 => Some(NewPhoto { kind: PhotoKind::Scene, bytes: draw_scene(&subject) }),
                1 => Some(NewPhoto { kind: PhotoKind::Plate, bytes: draw_plate(&subject) }),
                _ => None,
            }
        });
        drawn.await.ok().flatten()
    }
}

/// Fills the store with the city's history.
pub(super) async fn write_history(app: &App, city: &City, rows: u64) -> anyhow::Result<()> {
    let registered = camera_store::all(&app.sql).await?;
    let facts: HashMap<&str, CameraFacts> =
        registered.iter().map(|camera| (camera.key.as_str(), camera.facts())).collect();
    let mut batch = Vec::with_capacity(BATCH_DETECTIONS_MAX);
    for read in city.detections(rows) {
        let key = city.cameras().get(read.camera).map(|camera| camera.key.as_str()).context("a read's camera")?;
        let camera = facts.get(key).context("a camera of the city that is not registered")?;
        batch.push(detection(&read, camera)?);
        if batch.len() == BATCH_DETECTIONS_MAX {
            app.store.append(std::mem::take(&mut batch)).await?;
        }
    }
    if !batch.is_empty() {
        app.store.append(batch).await?;
    }
    Ok(())
}

/// A read as the store takes it.
fn detection(read: &CityRead, camera: &CameraFacts) -> anyhow::Result<NewDetection> {
    let plate = PlateText::normalise(&read.raw_plate)?;
    let readings = read.readings.iter().filter_map(|reading| {
        let other = PlateText::normalise(&reading.plate).ok()?;
        (other != plate).then_some(Reading { plate: other, confidence: reading.confidence })
    });
    Ok(NewDetection {
        camera: camera.camera,
        event_id: read.event_id.clone().into(),
        scan_time: read.scan_time,
        raw_plate: read.raw_plate.clone().into(),
        plate: plate.clone(),
        state: read.state,
        confidence: Some(read.confidence),
        readings: readings.collect(),
        vehicle: read.vehicle.clone(),
        position: camera.position.unwrap_or(read.position),
        owner: camera.owner,
        pool: camera.pool,
        source: camera.source,
        photos: Vec::new(),
        photos_at_camera: read.photos_at_camera,
        low_quality: read.low_quality,
        replaces_events: Vec::new(),
    })
}

/// Live cameras: a thread that posts each read when it is due, as real cameras of three makes would.
#[derive(Debug)]
pub(super) struct Live {
    stop: SyncSender<()>,
    thread: std::thread::JoinHandle<()>,
}

impl Live {
    pub(super) fn start(
        city: &Arc<City>,
        clock: Arc<ShiftedClock>,
        agent: ureq::Agent,
        address: &str,
        credentials: &BTreeMap<String, String>,
    ) -> Self {
        let (stop, stopped) = sync_channel(1);
        let (city, address, credentials) = (Arc::clone(city), address.to_owned(), credentials.clone());
        let thread = std::thread::spawn(move || {
            for read in city.live(clock.now()) {
                let wait = u64::try_from(read.scan_time.0 - clock.now().0).unwrap_or_default();
                match stopped.recv_timeout(Duration::from_micros(wait)) {
                    Err(RecvTimeoutError::Timeout) => {}
                    Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
                }
                if let Err(error) = post(&agent, &city, &address, &credentials, &read) {
                    tracing::warn!(cause = format!("{error:#}"), "a fictional camera could not post");
                }
            }
        });
        Self { stop, thread }
    }

    pub(super) fn stop(self) {
        // An error means that the thread has ended by itself.
        let _ = self.stop.send(());
        let _ = self.thread.join();
    }
}

fn post(
    agent: &ureq::Agent,
    city: &City,
    address: &str,
    credentials: &BTreeMap<String, String>,
    read: &CityRead,
) -> anyhow::Result<()> {
    let camera = city.cameras().get(read.camera).context("a read's camera")?;
    let credential = credentials.get(&camera.key).context("a camera's credential")?;
    let photos = city.photos(read);
    let send = |path: &str, body: &Value| {
        agent
            .post(format!("{address}{path}"))
            .header("authorization", format!("Bearer {credential}"))
            .send_json(body)
            .context("posting")
    };
    // Fixed cameras run a Rekor agent, commercial ones Plate Recognizer, mobile ones our own format.
    if camera.mobile {
        send("/api/v1/detections", &city.native(read, &photos))?;
    } else if camera.source.is_commercial() {
        let (json, upload) = city.plate_recognizer(read, &photos);
        let (content_type, body) = multipart(&json, upload.as_deref())?;
        agent
            .post(format!("{address}/api/v1/feeds/plate-recognizer"))
            .header("authorization", format!("Bearer {credential}"))
            .header("content-type", content_type)
            .send(body)
            .context("posting")?;
    } else {
        send("/api/v1/feeds/rekor", &city.rekor_group(read, &photos))?;
    }
    Ok(())
}

/// A form of two parts, as Plate Recognizer Stream posts it.
fn multipart(json: &Value, upload: Option<&[u8]>) -> anyhow::Result<(String, Vec<u8>)> {
    let boundary = "sightline-fictional-camera-7f3a91c2";
    let mut body = format!(
        "--{boundary}\r\ncontent-disposition: form-data; name=\"json\"\r\ncontent-type: application/json\r\n\r\n{}\r\n",
        serde_json::to_string(json)?
    )
    .into_bytes();
    if let Some(upload) = upload {
        body.extend_from_slice(
            format!(
                "--{boundary}\r\ncontent-disposition: form-data; name=\"upload\"; filename=\"frame.jpg\"\r\n\
                 content-type: image/jpeg\r\n\r\n"
            )
            .as_bytes(),
        );
        body.extend_from_slice(upload);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    Ok((format!("multipart/form-data; boundary={boundary}"), body))
}
