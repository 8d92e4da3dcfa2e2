using System.Text;

namespace MLNet.Dispersion.Text;

/// <summary>Unicode normalization as tokenizers want it: never silently left out.</summary>
internal static class UnicodeNormalization
{
    /// <summary>Refuses to go on where normalizing would do nothing.</summary>
    /// <exception cref="PlatformNotSupportedException">This process runs without Unicode data.</exception>
    internal static void Require()
    {
        if ("e\u0301".Normalize(NormalizationForm.FormC) != "\u00e9")
        {
            throw new PlatformNotSupportedException(
                "This tokenizer normalizes its text, which .NET cannot do in globalization-invariant mode. Install ICU (the package libicu) and leave InvariantGlobalization and DOTNET_SYSTEM_GLOBALIZATION_INVARIANT unset.");
        }
    }
}
