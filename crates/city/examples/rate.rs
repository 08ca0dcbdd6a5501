//! How fast history comes out: `cargo run --release -p city --example rate -- [rows] [vehicles]`.
#![allow(clippy::cast_precision_loss, reason = "rates are printed to a few digits")]

use city::{City, CityPlan};
use std::collections::HashSet;
use std::io::Write;
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut numbers = std::env::args().skip(1);
    let rows: u64 = numbers.next().map_or(Ok(1_000_000), |text| text.parse())?;
    let vehicles: usize = numbers.next().map_or(Ok(60_000), |text| text.parse())?;
    let mut out = std::io::stdout();
    let start = Instant::now();
    let city = City::build(CityPlan { vehicles, ..CityPlan::default() })?;
    writeln!(out, "built in {:.0} ms", start.elapsed().as_secs_f64() * 1000.0)?;
    let start = Instant::now();
    let mut bytes = 0;
    for read in city.detections(rows) {
        bytes += read.event_id.len() + read.raw_plate.len();
    }
    let seconds = start.elapsed().as_secs_f64();
    writeln!(out, "{rows} rows in {seconds:.2} s: {:.0} rows/s ({bytes} bytes of text)", rows as f64 / seconds)?;
    let (mut plates, mut seen) = (HashSet::new(), HashSet::new());
    for read in city.detections(rows) {
        seen.insert(read.vehicle_number);
        plates.insert(read.raw_plate);
    }
    writeln!(out, "{} vehicles, {} distinct plates as read", seen.len(), plates.len())?;
    let folder = std::env::temp_dir().join(format!("city-rate-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let start = Instant::now();
    city.write_parquet(&folder.join("reads.parquet"), city.detections(rows), |_| {})?;
    let seconds = start.elapsed().as_secs_f64();
    let size = std::fs::metadata(folder.join("reads.parquet"))?.len();
    writeln!(
        out,
        "Parquet in {seconds:.2} s: {:.0} rows/s, {:.1} bytes a row",
        rows as f64 / seconds,
        size as f64 / rows as f64
    )?;
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}
