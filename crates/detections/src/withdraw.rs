//! Withdrawing: detections that are not to be found any more, such as reads of a plate that was never there.

use crate::StoreError;
use crate::catalogue::HiddenId;
use crate::fault::DurableWrite;
use crate::row::day_of;
use crate::shared::Shared;
use crate::snapshot::Snapshot;
use domain::{DetectionId, Recordable};

/// Detections that one act withdraws.
pub const WITHDRAWN_AT_ONCE_MAX: usize = 10_000;

/// An administrative act that withdraws detections. The store takes it recorded only.
pub trait WithdrawalAct: Recordable {
    fn detections(&self) -> &[DetectionId];
}

impl Shared {
    pub(crate) async fn withdraw(&self, detections: &[DetectionId]) -> Result<Vec<DetectionId>, StoreError> {
        self.check_state()?;
        if detections.len() > WITHDRAWN_AT_ONCE_MAX {
            return Err(StoreError::TooManyWithdrawn);
        }
        let mut ids: Vec<u64> = detections.iter().map(|id| id.0).collect();
        ids.sort_unstable();
        ids.dedup();
        let (snapshot, due_before) = (self.snapshot(), self.due_before());
        let find = move || {
            let shown = shown_of(&snapshot, &ids, due_before);
            let hiding = snapshot.hiding(shown.iter().map(|hidden| hidden.id).collect());
            (shown, hiding)
        };
        let (shown, hiding) = self.work(find).await?;
        let Some(first) = shown.first() else { return Ok(Vec::new()) };
        let transaction = self.catalogue.stage_withdrawal(&shown, self.clock.now()).await?;
        self.commit(DurableWrite::Withdrawing, transaction, self.catalogue.is_hidden(first.id)).await?;
        // What was sealed, merged or joined meanwhile is looked into here.
        self.publish(|snapshot| snapshot.with(Vec::new(), &hiding));
        Ok(shown.iter().map(|hidden| DetectionId(hidden.id)).collect())
    }
}

/// Those of some sorted ids that are shown.
fn shown_of(snapshot: &Snapshot, ids: &[u64], due_before: i64) -> Vec<HiddenId> {
    let mut shown = Vec::new();
    for entry in &snapshot.entries {
        let Ok(reader) = entry.reader() else { continue };
        let rows = reader.find_all(ids).into_iter().filter(|row| !entry.is_hidden(*row));
        shown.extend(rows.filter_map(|row| {
            let (row, time) = (row as usize, reader.time(row as usize));
            (time >= due_before).then(|| HiddenId { id: reader.id(row), day: day_of(time), successor: None })
        }));
    }
    shown.sort_unstable_by_key(|hidden| hidden.id);
    shown
}
