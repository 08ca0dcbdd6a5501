//! The demo's certificate authority: phones reach the demo by TLS, and each phone trusts the authority once.
//!
//! It lies in the data folder, is good for private addresses only, and no browser knows it: nothing for a real service.

use super::say;
use crate::http::tls::Certificates;
use anyhow::Context;
use jiff::ToSpan;
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, NameConstraints,
};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use storage::{write_durably, write_privately};

/// Phones take no certificate that is good for longer than 825 days.
const CERTIFICATE_DAYS: i64 = 397;
const AUTHORITY_DAYS: i64 = 3_650;
/// Addresses of this machine that the certificate names.
const ADDRESSES_MAX: usize = 32;

/// What lies in `DATA/tls`.
#[derive(Debug)]
pub(super) struct DemoAuthority {
    folder: PathBuf,
    addresses: Vec<IpAddr>,
}

impl DemoAuthority {
    /// Makes the authority, or takes the one that phones trust already, and a certificate for the addresses of now.
    pub(super) fn make(folder: &Path) -> anyhow::Result<Self> {
        storage::files::create_private_folder(folder)?;
        let (certificate, key) = (folder.join("ca.pem"), folder.join("ca.key"));
        let params = authority_params()?;
        let key = if key.exists() && certificate.exists() {
            KeyPair::from_pem(&std::fs::read_to_string(&key)?).context("the demo's authority")?
        } else {
            let pair = KeyPair::generate()?;
            write_privately(&key, pair.serialize_pem().as_bytes())?;
            write_durably(&certificate, params.self_signed(&pair)?.pem().as_bytes())?;
            pair
        };
        let addresses = private_addresses()?;
        let names = addresses.iter().map(IpAddr::to_string).chain(["localhost".to_owned()]);
        let mut service = CertificateParams::new(names.collect::<Vec<_>>())?;
        service.distinguished_name.push(DnType::CommonName, "Sightline demo");
        service.key_usages.push(KeyUsagePurpose::DigitalSignature);
        service.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
        service.use_authority_key_identifier_extension = true;
        be_valid_for(&mut service, CERTIFICATE_DAYS)?;
        let pair = KeyPair::generate()?;
        let signed = service.signed_by(&pair, &Issuer::new(params, key))?;
        write_durably(&folder.join("server.pem"), signed.pem().as_bytes())?;
        write_privately(&folder.join("server.key"), pair.serialize_pem().as_bytes())?;
        Ok(Self { folder: folder.into(), addresses })
    }

    /// The certificate that phones trust.
    pub(super) fn file(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    pub(super) fn certificates(&self) -> anyhow::Result<Arc<Certificates>> {
        Ok(Certificates::read(&self.folder.join("server.pem"), &self.folder.join("server.key"))?)
    }

    pub(super) fn print(&self, port: u16) {
        say("For phones in the same network:");
        for address in self.addresses.iter().filter(|address| !address.is_loopback()) {
            let host = if address.is_ipv6() { format!("[{address}]") } else { address.to_string() };
            say(&format!("  https://{host}:{port}"));
        }
        say(&format!("Each phone trusts this file once; send it there by mail or cable: {}", self.file().display()));
        say(
            "  iPhone: open it, Settings > Profile Downloaded > Install; then General > About > Certificate Trust Settings",
        );
        say("  Android: Settings > Security > More > Install a certificate > CA certificate");
        say("It is good for private addresses only. Remove it from the phone when the demo is over.");
    }
}

/// The same at every start, so that the key alone makes it the same authority.
fn authority_params() -> anyhow::Result<CertificateParams> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, "Sightline demo authority (fictional)");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    // Whoever gets hold of its key can pass for no public name.
    let v4 = |address: Ipv4Addr, bits| GeneralSubtree::IpAddress(CidrSubnet::from_v4_prefix(address.octets(), bits));
    let v6 = |address: Ipv6Addr, bits| GeneralSubtree::IpAddress(CidrSubnet::from_v6_prefix(address.octets(), bits));
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![
            GeneralSubtree::DnsName("localhost".into()),
            v4(Ipv4Addr::new(127, 0, 0, 0), 8),
            v4(Ipv4Addr::new(10, 0, 0, 0), 8),
            v4(Ipv4Addr::new(172, 16, 0, 0), 12),
            v4(Ipv4Addr::new(192, 168, 0, 0), 16),
            v6(Ipv6Addr::LOCALHOST, 128),
            v6(Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7),
        ],
        excluded_subtrees: Vec::new(),
    });
    be_valid_for(&mut params, AUTHORITY_DAYS)?;
    Ok(params)
}

/// From yesterday on: clocks of phones differ.
fn be_valid_for(params: &mut CertificateParams, days: i64) -> anyhow::Result<()> {
    let today = jiff::Timestamp::now().to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
    let at = |days: i64| {
        let date = today.checked_add(days.days())?;
        let (month, day) = (u8::try_from(date.month())?, u8::try_from(date.day())?);
        anyhow::Ok(rcgen::date_time_ymd(i32::from(date.year()), month, day))
    };
    params.not_before = at(-1)?;
    params.not_after = at(days)?;
    Ok(())
}

/// Loopback, and the private addresses of this machine's interfaces.
fn private_addresses() -> anyhow::Result<Vec<IpAddr>> {
    let is_private = |address: &IpAddr| match address {
        IpAddr::V4(address) => address.is_private() || address.is_loopback(),
        IpAddr::V6(address) => address.is_unique_local() || address.is_loopback(),
    };
    let found = if_addrs::get_if_addrs().context("the addresses of this machine")?;
    let mut addresses: Vec<_> = found.iter().map(if_addrs::Interface::ip).filter(is_private).collect();
    addresses.push(Ipv4Addr::LOCALHOST.into());
    addresses.sort();
    addresses.dedup();
    anyhow::ensure!(addresses.len() <= ADDRESSES_MAX, "this machine has more than {ADDRESSES_MAX} private addresses");
    Ok(addresses)
}
