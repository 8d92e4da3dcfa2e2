using System.Text;

namespace MLNet.Dispersion.Text;

/// <summary>Reads the normalizer of a byte-level tokenizer.json.</summary>
internal static class TokenizerJsonNormalizer
{
    /// <summary>What is done to ordinary text before it is cut, or null for nothing.</summary>
    internal static Func<string, string>? ReadUnicodeForms(JsonField? normalizer)
    {
        if (normalizer is not { } field)
        {
            return null;
        }

        string type = field.Get("type").AsString();
        return type switch
        {
            "NFC" => UnicodeNormalization.To(NormalizationForm.FormC),
            "NFD" => UnicodeNormalization.To(NormalizationForm.FormD),
            "NFKC" => UnicodeNormalization.To(NormalizationForm.FormKC),
            "NFKD" => UnicodeNormalization.To(NormalizationForm.FormKD),
            "Sequence" => Chain([.. field.Get("normalizers").Items().Select(n => ReadUnicodeForms(n)).OfType<Func<string, string>>()]),
            _ => throw field.Fail($"the normalizer {type} is not supported with byte-level BPE; NFC, NFD, NFKC, NFKD and a Sequence of them are"),
        };
    }

    private static Func<string, string>? Chain(IReadOnlyList<Func<string, string>> steps) =>
        steps.Count == 0 ? null : text => steps.Aggregate(text, (current, step) => step(current));
}
