using System.Globalization;

namespace MLNet.Dispersion;

/// <summary>An answer that stands in its context word for word.</summary>
/// <param name="Text">The answer; empty where the question has none in the context.</param>
/// <param name="Start">Its first character in the context, in UTF-16 units from 0; of no meaning where there is none.</param>
public readonly record struct AnswerSpan(string? Text, int Start)
{
    /// <summary>Gets whether there is an answer.</summary>
    public bool Exists => !string.IsNullOrEmpty(Text);

    /// <summary>Says what is wrong with it, as a sentence with its stop; null where it stands in the context where it says, or there is none.</summary>
    /// <param name="context">The context.</param>
    public string? Problem(string context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (Text is not { Length: > 0 } text || (Start >= 0 && Start <= context.Length - text.Length && string.CompareOrdinal(context, Start, text, 0, text.Length) == 0))
        {
            return null;
        }

        int elsewhere = context.IndexOf(text, StringComparison.Ordinal);
        string where = elsewhere >= 0 ? string.Create(CultureInfo.InvariantCulture, $"it stands at {elsewhere}: places are counted in UTF-16 units from 0") : "it stands nowhere in the context, word for word";
        return string.Create(CultureInfo.InvariantCulture, $"the answer '{Printable.Name(text)}' does not stand at character {Start} of its context of {context.Length} characters; {where}.");
    }
}
