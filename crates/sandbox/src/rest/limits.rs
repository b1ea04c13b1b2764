//! What is left of each allowance.

use serde_json::json;

use super::{Caller, Reply};

pub(super) fn limits(caller: &Caller) -> Reply {
    let budget = &caller.org.budget;
    let untouched = |max: u64| json!({ "Max": max, "Remaining": max });
    Reply::ok(json!({
        "DailyApiRequests": { "Max": budget.limits().daily, "Remaining": budget.remaining() },
        "DailyBulkApiBatches": untouched(15_000),
        "DailyBulkV2QueryJobs": untouched(10_000),
        "DailyAsyncApexExecutions": untouched(250_000),
        "ConcurrentAsyncGetReportInstances": untouched(200),
        "DataStorageMB": untouched(1_024),
        "FileStorageMB": untouched(1_024),
        "HourlyPublishedPlatformEvents": untouched(50_000),
        "MonthlyPlatformEventsUsageEntitlement": untouched(0),
        "SingleEmail": untouched(15),
    }))
}
