//! `sightline generate`: the fictional city as files.

use super::{complain, say};
use anyhow::Context;
use city::{City, CityPlan};
use domain::UtcMicros;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct Generate {
    /// How many reads
    #[arg(long, default_value_t = 1_000_000)]
    rows: u64,
    /// The same seed gives the same city and the same reads
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Vehicles that live in the city or visit it
    #[arg(long, default_value_t = 60_000)]
    vehicles: usize,
    /// Days of history
    #[arg(long, default_value_t = 90)]
    days: u32,
    /// Where history ends, RFC 3339 with offset
    #[arg(long)]
    end: Option<String>,
    /// Where to write the reads: a name that ends in `.parquet`, `.csv` or `.ndjson`
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Where to write the list of cameras, as CSV
    #[arg(long, value_name = "FILE")]
    cameras: Option<PathBuf>,
}

impl Generate {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let mut plan = CityPlan { seed: self.seed, vehicles: self.vehicles, days: self.days, ..CityPlan::default() };
        if let Some(end) = &self.end {
            plan.end = UtcMicros::parse_rfc3339(end)?;
        }
        let city = City::build(plan)?;
        let reads = city.detections(self.rows);
        let started = std::time::Instant::now();
        let written = match self.out.extension().and_then(|extension| extension.to_str()) {
            Some("parquet") => city.write_parquet(&self.out, reads, |_| ())?,
            Some("csv") => city.write_csv(&self.out, reads)?,
            Some("ndjson") => city.write_ndjson(&self.out, reads)?,
            _ => anyhow::bail!("the file's name must end in `.parquet`, `.csv` or `.ndjson`"),
        };
        if let Some(cameras) = &self.cameras {
            city.write_cameras_csv(cameras).with_context(|| format!("writing {}", cameras.display()))?;
        }
        complain(&format!("{written} reads in {:.1} s", started.elapsed().as_secs_f64()));
        say(&self.out.display().to_string());
        Ok(())
    }
}
