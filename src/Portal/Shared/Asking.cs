using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Muqeem.Cases;
using Muqeem.Platform.Pages;
using Muqeem.Platform.Writing;
using Muqeem.SignIn;

namespace Muqeem.Portal.Shared;

/// <summary>What every posted form becomes before a verb is called.</summary>
internal static class Asking
{
    /// <summary>The operation of a posted form: the same form sent again is the same operation.</summary>
    public static Operation OperationOf(this HttpContext http, FormState form, string verb) =>
        new(http.MustBeSignedIn().Actor, OperationIdOf(http, form), DigestOf(http, form, verb));

    /// <summary>The id that was drawn into the form; a new one when somebody took it out.</summary>
    public static Guid OperationIdOf(this HttpContext http, FormState form) =>
        form.Operation ?? Guid.CreateVersion7(http.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow());

    /// <summary>An act of the signed-in holder that no engine knows, such as reading a notice.</summary>
    public static Act ActOf(this HttpContext http, FormState form, string verb, TimeProvider clock)
    {
        var session = http.MustBeSignedIn();
        return new(Kernel.ActId.New(clock), verb, session.Actor, http.OperationIdOf(form), DigestOf(http, form, verb), Kernel.Clock.Now(clock)) { Person = session.Person };
    }

    /// <summary>An address of this site in the request's language.</summary>
    public static string At(this HttpContext http, string path)
    {
        var language = http.RequestServices.GetRequiredService<PageContext>().Language.Code;
        return path.Length == 0 ? "/" + language : $"/{language}/{path}";
    }

    public static IResult GoTo(this HttpContext http, string path) => new SeeOther(http.At(path));

    private static byte[] DigestOf(HttpContext http, FormState form, string verb)
    {
        // The language is no part of what is asked: sent again from the same page in another language it is the same.
        var path = http.Request.Path.Value ?? "";
        var slash = path.IndexOf('/', 1);
        var parts = new List<string?> { verb, slash < 0 ? "" : path[slash..] };
        foreach (var field in form.Fields.Where(f => f != FormState.OperationField).Order(StringComparer.Ordinal))
        {
            parts.Add(field);
            parts.AddRange(form.All(field));
        }
        return Digest.Of([.. parts]);
    }
}
