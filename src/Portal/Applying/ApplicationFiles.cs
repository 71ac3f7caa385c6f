using Microsoft.AspNetCore.Http;
using Muqeem.Cases;
using Muqeem.Kernel;
using Muqeem.Platform.Files;
using Muqeem.Platform.Pages;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Portal.Shared;
using Muqeem.SignIn;
using Field = Muqeem.Cases.Definition.Field;

namespace Muqeem.Portal.Applying;

/// <summary>A file that is kept.</summary>
/// <param name="Mrz">The two lines read from a passport's picture, when they were asked for and all their check digits hold.</param>
internal sealed record TakenFile(Guid Id, string? Mrz);

/// <summary>Pictures and documents of an application: taken, read, shown to their owner.</summary>
internal sealed class ApplicationFiles(Uploads uploads, PictureReader reader, IWriter writer, ReadDoor door, TimeProvider clock)
{
    public const string NotYet = "portal.upload.not_yet";

    private const string Evidence = "evidence";

    /// <summary>Takes a file; its id is the answer to the question. The same form sent again is the same file.</summary>
    public async Task<Result<TakenFile>> TakeAsync(Operation operation, Session session, CaseHead head, Field field, IFormFile file, bool readMrz, CancellationToken cancel)
    {
        using var content = new MemoryStream();
        await file.CopyToAsync(content, cancel);
        return !(await KeepAsync(operation, session, head, field.UploadKind!, file.FileName, content, cancel)).TryGet(out var id, out var refusal)
            ? refusal
            : new TakenFile(id, readMrz ? await ReadAsync(content.ToArray(), cancel) : null);
    }

    /// <summary>Takes a file that answers no question of a form, such as evidence.</summary>
    public async Task<Result<Guid>> TakeAsync(Operation operation, Session session, CaseHead head, string kind, IFormFile file, CancellationToken cancel)
    {
        using var content = new MemoryStream();
        await file.CopyToAsync(content, cancel);
        return await KeepAsync(operation, session, head, kind, file.FileName, content, cancel);
    }

    private async Task<Result<Guid>> KeepAsync(Operation operation, Session session, CaseHead head, string kind, string name, MemoryStream content, CancellationToken cancel)
    {
        content.Position = 0;
        var received = await uploads.ReceiveAsync(content, name, kind == Evidence ? UploadRule.Document : UploadRule.Picture, cancel);
        if (!received.TryGet(out var upload, out var refusal))
        {
            return refusal;
        }
        var change = new Change(new Act(ActId.New(clock), "upload." + kind, operation.Actor, operation.Id, Digest.Of([.. operation.Digest, .. upload.Digest]), clock.Now())
        {
            Person = session.Person,
            Case = head.Case,
        });
        var id = await uploads.AddAsync(change, session.Person, head.Case, kind, upload, cancel);
        switch (await writer.WriteAsync(change, cancel: cancel))
        {
            case WriteOutcome.Done:
                break;
            case WriteOutcome.Replayed:
                // The same form again: the file of the first time stands, and the files just made go with the next cleaning.
                id = (await uploads.OfCaseAsync(head.Case, cancel)).Last(u => u.Kind == kind).Id;
                break;
            case WriteOutcome.OperationReused:
                return new Refusal(Outcomes.Reused);
            default:
                // Busy: the other answers of the page are saved all the same, and only the file is sent again.
                return new Refusal(NotYet);
        }
        return id.Value;
    }

    /// <summary>The text of a QR code in a picture; null when there is none.</summary>
    public async Task<Result<string>> ReadCodeAsync(IFormFile file, Refusal none, CancellationToken cancel)
    {
        using var content = new MemoryStream();
        await file.CopyToAsync(content, cancel);
        var read = await reader.ReadQrAsync(content.ToArray(), cancel);
        return read.TryGet(out var texts, out var refusal) ? texts.Count > 0 ? texts[0] : none : refusal;
    }

    /// <summary>The picture for its owner's own page: ours, never the bytes that came.</summary>
    public async Task<IResult> ShowAsync(Session session, CaseId? @case, Guid upload, bool small, CancellationToken cancel)
    {
        if (await uploads.FindAsync(new UploadId(upload), cancel) is not { } line || line.Person != session.Person)
        {
            return PageResult.Error(StatusCodes.Status404NotFound);
        }
        var access = door.Enter(session.Actor, Purpose.Self, @case, "portal.picture", session.Person);
        return new UploadResult(await uploads.OpenAsync(access, line, small ? UploadPart.Thumbnail : UploadPart.Display, cancel: cancel));
    }

    private async Task<string?> ReadAsync(byte[] file, CancellationToken cancel) =>
        await reader.ReadMrzAsync(file, cancel) is { Ok: true, Value.Document: { } passport } ? string.Join('\n', passport.Lines()) : null;
}
