trigger PortalFeedItem on FeedItem (after insert, after update, after delete, after undelete) {
    PortalFeedEvents.publish(Trigger.isDelete ? Trigger.old : Trigger.new, FeedItem.ParentId, Trigger.operationType);
}
