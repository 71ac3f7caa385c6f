using Muqeem.Credentials.Holding;
using Muqeem.Platform.Pages;
using Muqeem.Platform.Texts;
using Muqeem.SignIn;
using NodaTime;

namespace Muqeem.Office.Pages;

/// <param name="Waiting">What waits for a second officer.</param>
/// <param name="Objections">What waits for an officer who had no part in the suspension.</param>
public sealed record IdsModel(Session Me, FormState Form, IReadOnlyList<Proposal> Waiting, IReadOnlyList<WaitingObjection> Objections, Instant Now);

/// <param name="Done">What was just done: proposed, confirmed, rejected, withdrawn, upheld.</param>
public sealed record IdModel(Session Me, IdFile File, Instant Now, FormState Form, string? Done)
{
    public ProposalInWords? Open => File.OpenAt(Now);

    public IReadOnlyList<ProposedAct> May => Me.Has(OfficeRole.Officer) ? File.May(Now) : [];

    public bool Mine => Open?.Proposal.ProposedBy == Me.Account;

    public bool MayUphold => Me.Has(OfficeRole.Officer | OfficeRole.Supervisor) && File.Objected is not null && !File.HadPart(Me.Account);

    public bool MayDecide => Me.Has(OfficeRole.Officer) && Open is not null && !Mine;
}

/// <param name="Holders">The language that the holder reads.</param>
public sealed record ProposeModel(IdModel Id, ProposedAct Act, Language Holders);
