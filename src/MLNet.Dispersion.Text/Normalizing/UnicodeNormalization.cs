using System.Text;

namespace MLNet.Dispersion.Text;

/// <summary>Unicode normalization as tokenizers want it: never silently left out.</summary>
internal static class UnicodeNormalization
{
    /// <summary>Refuses to go on where normalizing would do nothing.</summary>
    /// <exception cref="PlatformNotSupportedException">This process runs without Unicode data.</exception>
    internal static void Require()
    {
        // Asked for first: normalizing loads the Unicode data, which texts in plain letters do not need.
        if (IsInvariant && "e\u0301".Normalize(NormalizationForm.FormC) != "\u00e9")
        {
            throw new PlatformNotSupportedException(
                "This tokenizer normalizes its text, which .NET cannot do in globalization-invariant mode. Install ICU (the package libicu) and leave InvariantGlobalization and DOTNET_SYSTEM_GLOBALIZATION_INVARIANT unset.");
        }
    }

    /// <summary>Whether the process was asked to run without Unicode data.</summary>
    private static bool IsInvariant => AppContext.TryGetSwitch("System.Globalization.Invariant", out bool isInvariant)
        ? isInvariant
        : Environment.GetEnvironmentVariable("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT") is { } value && (value == "1" || value.Equals("true", StringComparison.OrdinalIgnoreCase));
}
