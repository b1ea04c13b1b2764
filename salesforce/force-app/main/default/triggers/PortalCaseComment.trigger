trigger PortalCaseComment on CaseComment (after insert, after update, after delete) {
    PortalFeedEvents.publish(Trigger.isDelete ? Trigger.old : Trigger.new, CaseComment.ParentId, Trigger.operationType);
}
