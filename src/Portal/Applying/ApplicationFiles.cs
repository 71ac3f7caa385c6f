using Microsoft.AspNetCore.Http;
using Muqeem.Cases;
using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Platform.Pages;
using Muqeem.SignIn;
using Field = Muqeem.Cases.Definition.Field;

namespace Muqeem.Portal.Applying;

/// <summary>Pictures and documents of an application: taken, shown to their owner.</summary>
internal sealed class ApplicationFiles
{
    public const string NotYet = "portal.upload.not_yet";

    /// <summary>Takes a file; the id is the answer to its question.</summary>
    public Task<Result<Guid>> TakeAsync(Operation operation, Session session, CaseHead head, Field field, IFormFile file, CancellationToken cancel) =>
        Task.FromResult<Result<Guid>>(new Refusal(NotYet));

    /// <summary>The picture for its owner's own page.</summary>
    public Task<IResult> ShowAsync(Session session, CaseId? @case, Guid upload, CancellationToken cancel) =>
        Task.FromResult<IResult>(PageResult.Error(StatusCodes.Status404NotFound));
}
