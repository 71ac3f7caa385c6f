namespace Muqeem.SignIn.Codes;

/// <summary>What a one-time code is for; one for another purpose does not fit.</summary>
internal enum CodePurpose
{
    /// <summary>To the mobile in the register: shows that the visitor is the person.</summary>
    Register,

    /// <summary>To a number or address that the visitor gave.</summary>
    OwnContact,
    SignIn,
    StepUp,
    ContactOld,
    ContactNew,
    Recover,
}
