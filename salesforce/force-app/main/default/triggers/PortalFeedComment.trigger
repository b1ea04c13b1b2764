trigger PortalFeedComment on FeedComment (after insert, after update, after delete, after undelete) {
    PortalFeedEvents.publish(Trigger.isDelete ? Trigger.old : Trigger.new, FeedComment.ParentId, Trigger.operationType);
}
