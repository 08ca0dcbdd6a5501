//! Seats: how many people of an agency may hold a permission (ACC-7).

use super::acts::conflict;
use super::store;
use crate::agencies::acts::ActError;
use domain::{AgencyId, Permission};
use sqlx::{Any, Transaction};
use std::collections::BTreeSet;

/// That a seat of the permission is free.
pub(super) async fn free(
    transaction: &mut Transaction<'_, Any>,
    agency: AgencyId,
    permission: Permission,
) -> Result<(), ActError> {
    let (taken, seats) = store::seats_of(transaction, agency, permission).await?;
    let Some(seats) = seats.filter(|seats| taken >= *seats) else { return Ok(()) };
    let sentence = format!("{taken} of {seats} seats are taken; end another person's permission first");
    Err(conflict("no-seat", sentence))
}

/// A seat of each permission with which an account is made; counted while nobody else grants in this agency.
pub(crate) async fn take(
    transaction: &mut Transaction<'_, Any>,
    agency: AgencyId,
    permissions: &BTreeSet<Permission>,
) -> Result<(), ActError> {
    sqlx::query("UPDATE agencies SET active = active WHERE id = $1")
        .bind(i64::from(agency.0))
        .execute(&mut **transaction)
        .await?;
    for permission in permissions {
        free(transaction, agency, *permission).await?;
    }
    Ok(())
}

/// Sets how many there are; `None` is no limit.
pub(super) async fn set(
    transaction: &mut Transaction<'_, Any>,
    agency: AgencyId,
    permission: Permission,
    seats: Option<u32>,
) -> Result<u32, sqlx::Error> {
    sqlx::query("DELETE FROM seats WHERE agency = $1 AND permission = $2")
        .bind(i64::from(agency.0))
        .bind(permission.word())
        .execute(&mut **transaction)
        .await?;
    if let Some(seats) = seats {
        sqlx::query("INSERT INTO seats (agency, permission, seats) VALUES ($1, $2, $3)")
            .bind(i64::from(agency.0))
            .bind(permission.word())
            .bind(i64::from(seats))
            .execute(&mut **transaction)
            .await?;
    }
    Ok(0)
}
