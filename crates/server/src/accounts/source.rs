//! Where a try to sign in comes from. Names are guessed at from one place: failures are counted there too, whatever names they
//! went to. Addresses are kept in memory for fifteen minutes and are in no log and no entry.

use super::throttle::Throttle;
use crate::App;
use crate::http::Problem;
use crate::http::door::Peer;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use domain::{UserId, UtcMicros};
use std::convert::Infallible;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

/// Failed tries from one place in fifteen minutes, at every name together. An office stands behind one address.
pub const FAILED_FROM_ONE_PLACE_MAX: usize = 50;
/// Sign-ins by passkey begun from one place in fifteen minutes: each is kept, and pushes others out in the end.
pub const BEGUN_FROM_ONE_PLACE_MAX: usize = 200;
const FORWARDED_FOR: &str = "x-forwarded-for";
/// Bits of an IPv6 address that are handed out as one.
const IPV6_NETWORK: u128 = !0 << 64;

/// Tries by where they come from.
#[derive(Debug)]
pub struct SourceTries {
    failed: Throttle,
    begun: Throttle,
    /// Passkeys of one account, tried from one place: nobody closes the door of a passkey from elsewhere.
    passkeys: Throttle,
}

impl Default for SourceTries {
    fn default() -> Self {
        Self {
            failed: Throttle::that_forgives_nothing(FAILED_FROM_ONE_PLACE_MAX),
            begun: Throttle::that_forgives_nothing(BEGUN_FROM_ONE_PLACE_MAX),
            passkeys: Throttle::default(),
        }
    }
}

/// An IPv4 address or the /64 of an IPv6 one. `None` where it is not known: there only names are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source(Option<IpAddr>);

impl Source {
    /// Behind a proxy the address is what the proxy added last; else what clients say of themselves is not read.
    fn of(peer: Option<IpAddr>, headers: &HeaderMap, behind_proxy: bool) -> Self {
        let address = if behind_proxy {
            let said = headers.get_all(FORWARDED_FOR).iter().next_back().and_then(|value| value.to_str().ok());
            said.and_then(|said| said.rsplit(',').next()).and_then(|last| last.trim().parse().ok())
        } else {
            peer
        };
        Self(address.map(|address: IpAddr| match address.to_canonical() {
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & IPV6_NETWORK)),
            address @ IpAddr::V4(_) => address,
        }))
    }

    /// Runs a check of what can be guessed, counted where it comes from. `None` where the door is closed to it: nothing was
    /// looked at.
    pub async fn check<E>(
        self,
        app: &App,
        now: UtcMicros,
        fits: impl Future<Output = Result<bool, E>>,
    ) -> Option<Result<bool, E>> {
        match self.0 {
            Some(address) => app.sources.failed.check(&address.to_string(), now, fits).await,
            None => Some(fits.await),
        }
    }

    /// Counts a sign-in by passkey that begins. Refused alike for every name.
    pub async fn begin_passkey(self, app: &App) -> Result<(), Problem> {
        let Some(address) = self.0 else { return Ok(()) };
        let counted = async { Ok::<_, Infallible>(false) };
        let begun = app.sources.begun.check(&address.to_string(), app.clock.now(), counted).await;
        begun.map(|_| ()).ok_or_else(Problem::too_many_tries)
    }

    /// Runs a check of a passkey of this account. `None` after too many failures from the same place.
    pub async fn check_passkey<E>(
        self,
        app: &App,
        user: UserId,
        now: UtcMicros,
        fits: impl Future<Output = Result<bool, E>>,
    ) -> Option<Result<bool, E>> {
        let place = self.0.map(|address| address.to_string()).unwrap_or_default();
        app.sources.passkeys.check(&format!("{place} {user}"), now, fits).await
    }
}

impl FromRequestParts<Arc<App>> for Source {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<Peer>>().map(|ConnectInfo(Peer(address))| address.ip());
        Ok(Self::of(peer, &parts.headers, app.behind_proxy))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(peer: &str, said: &[&'static str], behind_proxy: bool) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in said {
            headers.append(FORWARDED_FOR, line.parse().unwrap());
        }
        Source::of(peer.parse().ok(), &headers, behind_proxy).0.map(|address| address.to_string())
    }

    #[test]
    fn acc_6_a_client_is_believed_about_its_address_by_nobody_and_a_proxy_about_the_last_one() {
        let said = ["203.0.113.9", "203.0.113.8, 198.51.100.7"];
        assert_eq!(of("192.0.2.1", &said, false).as_deref(), Some("192.0.2.1"));
        assert_eq!(of("127.0.0.1", &said, true).as_deref(), Some("198.51.100.7"));
        assert_eq!(of("127.0.0.1", &[], true), None, "all people behind a silent proxy are not one place");
        assert_eq!(of("127.0.0.1", &["203.0.113.9, unknown"], true), None);
    }

    #[test]
    fn acc_6_addresses_of_one_network_are_one_place() {
        assert_eq!(of("2001:db8:1:2:3:4:5:6", &[], false).as_deref(), Some("2001:db8:1:2::"));
        assert_eq!(of("2001:db8:1:2::9", &[], false), of("2001:db8:1:2:ffff::", &[], false));
        assert_ne!(of("2001:db8:1:3::9", &[], false), of("2001:db8:1:2::9", &[], false));
        assert_eq!(of("::ffff:192.0.2.1", &[], false), of("192.0.2.1", &[], false));
    }
}
