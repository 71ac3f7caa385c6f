using Muqeem.Cases.Definition;
using Muqeem.Platform.Pages;
using Field = Muqeem.Cases.Definition.Field;

namespace Muqeem.Portal.Applying;

/// <summary>Between the fields of a posted page and the raw answers of a draft.</summary>
internal static class SaveForm
{
    /// <summary>The button that takes a picture out again; its value is the field.</summary>
    public const string RemoveField = "remove";

    /// <summary>Room for the two lines of a passport with what is pasted around them; the engine keeps 2,000 characters of an answer.</summary>
    public const int LongestAnswer = 2000;

    /// <summary>What was typed into the fields of a page. A box that was not ticked is an answer too; a file is not.</summary>
    public static Dictionary<string, string> Values(IEnumerable<Field> fields, FormState form)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var field in fields)
        {
            switch (field.Kind)
            {
                case FieldKind.Upload:
                    break;
                case FieldKind.Day:
                    foreach (var part in (ReadOnlySpan<string>)[".day", ".month", ".year"])
                    {
                        values[field.Name + part] = form[field.Name + part] ?? "";
                    }
                    break;
                default:
                    values[field.Name] = form[field.Name] ?? "";
                    break;
            }
        }
        return values;
    }

    /// <summary>A form filled from a draft, as it was typed.</summary>
    public static FormState Of(Answers answers) => FormState.Of(answers.Values.Select(v => KeyValuePair.Create(v.Key, (string?)v.Value)));

    /// <summary>Faults at their fields.</summary>
    public static void Refuse(this FormState form, IEnumerable<FieldFault> faults)
    {
        foreach (var fault in faults)
        {
            form.Refuse(fault.Field, fault.Refusal);
        }
    }

    /// <summary>A page that only holds the statement of truth: it is asked when the application is sent, not as a task.</summary>
    public static bool IsStatement(this FormPage page) => page.Fields.All(f => f.Kind == FieldKind.Yes);

    /// <summary>The questions that decide a price or whether it can be granted: short choices and days, on whatever page they stand.</summary>
    public static IReadOnlyList<Field> Estimated(this Service service, FormContext context) =>
        [.. service.Form.Fields.Where(f => f.Kind == FieldKind.Day || (f.Kind == FieldKind.Choice && f.Options!(context).Count <= 12))];
}
