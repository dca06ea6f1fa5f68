/** Who may decide what: the rows of docs/reference/policy.md that a story needs. `isAtSite`: the role must be
 * held at the site that the decision names; else at any site, which is less than the rules ask. `isOrSelf`: or,
 * in any role, about themself. The ledger has no role, so none of these is its to decide. */
export interface PolicyRow {
  roles: readonly string[];
  qualification: string;
  isAtSite: boolean;
  isOrSelf: boolean;
}

const row = (roles: string, isAtSite = false, qualification = ""): PolicyRow => ({ roles: roles.split(" "), qualification, isAtSite, isOrSelf: false });
const orSelf: PolicyRow = { ...row("administrator"), isOrSelf: true };

export const POLICY: Readonly<Record<string, PolicyRow>> = {
  SiteOnboarded: row("administrator"),
  AgentEnrolled: row("administrator"),
  EnrolmentApproved: row("administrator"),
  AgentRolesChanged: row("administrator"),
  KeyAdded: orSelf,
  KeyRetired: orSelf,
  KeyRevoked: orSelf,
  QualificationGranted: row("administrator quality"),
  ProductVersionDefined: row("administrator quality"),
  TherapyOrdered: row("coordinator physician"),
  ChainLinked: row("coordinator quality"),
  DeviationDispositioned: row("quality"),
  QuarantineLifted: row("quality"),
  BatchConfirmed: row("quality", true),
  Released: row("quality", true, "batch_release"),
  ReleasedPendingResults: row("quality", true, "batch_release"),
  ReleasedOutOfSpecification: row("quality", true, "batch_release"),
  Rejected: row("quality"),
  PatientFitnessConfirmed: row("physician", true),
  AvailabilityConfirmed: row("coordinator nurse physician quality", true),
  LymphodepletionAuthorised: row("physician", true, "bedside"),
  EmergencyOverride: row("physician", true, "bedside"),
  OverrideConfirmed: row("nurse physician quality"),
  OutOfSpecificationRequested: row("physician", true),
  InfusionChecked: row("nurse physician", true, "bedside"),
  InfusionAuthorised: row("nurse physician", true, "bedside"),
  TherapyClosed: row("coordinator physician"),
  LateStatementAttested: row("quality"),
};
