using Microsoft.AspNetCore.Http;

namespace Muqeem.SignIn;

/// <summary>What an endpoint does itself when nobody is signed in, such as keeping what was typed. As metadata of the endpoint.</summary>
/// <param name="AnswerAsync">Writes the whole answer.</param>
public sealed record ChallengedPage(Func<HttpContext, Task> AnswerAsync);
