//! How often somebody may try to sign in: token buckets, by address and account together and by address alone.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::{Clock, Timestamp};

/// One account from one address: five tries, then one each half minute.
const PAIR: Limit = Limit { burst: 5, refill: Duration::from_secs(30) };
/// Any accounts from one address: thirty tries, then one each five seconds.
const ADDRESS: Limit = Limit { burst: 30, refill: Duration::from_secs(5) };

/// Buckets kept before the full ones are thrown away.
const SWEEP_AT: usize = 10_000;
/// Buckets kept at all: some megabytes. Who has that many addresses isn't held up by this limit anyway.
const MOST: usize = 100_000;

#[derive(Clone, Copy)]
struct Limit {
    burst: u32,
    refill: Duration,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Key {
    Pair(IpAddr, String),
    Address(IpAddr),
}

impl Key {
    const fn limit(&self) -> Limit {
        match self {
            Self::Pair(..) => PAIR,
            Self::Address(_) => ADDRESS,
        }
    }
}

/// When the bucket will be full again; what it holds follows from that.
struct Bucket {
    full_at: Timestamp,
}

/// How long to wait before the next try, in whole seconds, at least one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RetryAfter(pub(crate) u64);

pub(crate) struct SignInAttempts {
    clock: Arc<dyn Clock>,
    buckets: Mutex<HashMap<Key, Bucket>>,
}

impl SignInAttempts {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, buckets: Mutex::default() }
    }

    /// Counts a try, before the password is looked at.
    ///
    /// # Errors
    /// One of the buckets is empty.
    pub(crate) fn count(&self, address: IpAddr, email: &str) -> Result<(), RetryAfter> {
        let now = self.clock.now();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= SWEEP_AT {
            buckets.retain(|_, bucket| bucket.full_at > now);
        }
        if buckets.len() >= MOST {
            buckets.clear();
        }
        let keys = [Key::Address(network(address)), Key::Pair(network(address), email.trim().to_lowercase())];
        for key in &keys {
            let Limit { burst, refill } = key.limit();
            let full_at = buckets.get(key).map_or(now, |bucket| bucket.full_at.max(now));
            let room = refill * burst.saturating_sub(1);
            let wait = full_at.saturating_sub(room).since(now);
            if wait > Duration::ZERO {
                return Err(RetryAfter(wait.as_secs() + 1));
            }
        }
        for key in keys {
            let refill = key.limit().refill;
            let bucket = buckets.entry(key).or_insert(Bucket { full_at: now });
            bucket.full_at = bucket.full_at.max(now).saturating_add(refill);
        }
        Ok(())
    }

    /// A right password forgives the tries before it.
    pub(crate) fn forgive(&self, address: IpAddr, email: &str) {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.remove(&Key::Pair(network(address), email.trim().to_lowercase()));
        if let Some(bucket) = buckets.get_mut(&Key::Address(network(address))) {
            bucket.full_at = bucket.full_at.saturating_sub(ADDRESS.refill);
        }
    }
}

/// One household or host has a whole /64 of IPv6.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => std::net::Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

#[cfg(test)]
mod tests {
    use domain::ManualClock;

    use super::*;

    fn attempts() -> (Arc<ManualClock>, SignInAttempts) {
        let clock = Arc::new(ManualClock::new(Timestamp::from_micros(1_800_000_000_000_000)));
        (Arc::clone(&clock), SignInAttempts::new(clock))
    }

    const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    #[test]
    fn five_tries_then_one_each_half_minute() {
        let (clock, attempts) = attempts();
        for _ in 0..5 {
            assert_eq!(attempts.count(HOME, "a@b.test"), Ok(()));
        }
        assert_eq!(attempts.count(HOME, " A@b.test"), Err(RetryAfter(31)));
        assert_eq!(attempts.count(HOME, "other@b.test"), Ok(()), "another account is not affected");
        clock.advance(Duration::from_secs(30));
        assert_eq!(attempts.count(HOME, "a@b.test"), Ok(()));
        assert!(attempts.count(HOME, "a@b.test").is_err());
    }

    #[test]
    fn an_address_that_tries_many_accounts_is_slowed_down() {
        let (_, attempts) = attempts();
        for account in 0..30 {
            assert_eq!(attempts.count(HOME, &format!("{account}@b.test")), Ok(()));
        }
        assert!(attempts.count(HOME, "31@b.test").is_err());
    }

    #[test]
    fn signing_in_again_and_again_is_no_attack() {
        let (_, attempts) = attempts();
        for _ in 0..200 {
            assert_eq!(attempts.count(HOME, "a@b.test"), Ok(()));
            attempts.forgive(HOME, "a@b.test");
        }
    }

    #[test]
    fn one_ipv6_network_is_one_address() {
        let (_, attempts) = attempts();
        for host in 0..30u128 {
            let address = IpAddr::V6(std::net::Ipv6Addr::from_bits((0x2001_0db8 << 96) | host));
            assert_eq!(attempts.count(address, &format!("{host}@b.test")), Ok(()));
        }
        assert!(attempts.count("2001:db8::ffff".parse().unwrap(), "x@b.test").is_err());
    }
}
