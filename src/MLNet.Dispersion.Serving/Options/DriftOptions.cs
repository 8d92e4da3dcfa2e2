using System.Globalization;

namespace MLNet.Dispersion;

/// <summary>Says how the geometry of served texts is watched: how condensed the tokens of the model's last layer are, and when that counts as drift.</summary>
/// <remarks>
/// Of sampled texts the mean cosine between different tokens of the last layer is measured, one text a pass, beside the serving. The first ones (or a file) are the baseline; each window of further ones is compared
/// with it by Wilcoxon's rank-sum test, two-sided. Where texts of window and baseline come independently from one source, a window raises the alarm with the probability <see cref="FalseAlarmRate"/>
/// (averaged over baselines); texts that come in bursts of like ones raise it more often. It sees a shift of the figures, not a change of their spread alone.
/// Not thread-safe while it is edited; it is copied when a server is made of it.
/// </remarks>
public sealed class DriftOptions
{
    /// <summary>Gets or sets of how many served texts one is measured. Default 10; 1 measures all. Where measuring does not keep up, texts are left out. At least 1.</summary>
    public int SampleEvery { get; set; } = 10;

    /// <summary>Gets or sets the most tokens of a text that are looked at. Default 128. At least 2.</summary>
    public int MaxTokens { get; set; } = 128;

    /// <summary>Gets or sets how many measured texts make the baseline. Default 200. At least 20, from which the test is good.</summary>
    public int BaselineTexts { get; set; } = 200;

    /// <summary>
    /// Gets or sets the file of the baseline. Null (default): the first texts after each start. A path that ends in <c>.txt</c>: the first of its lines are the baseline's texts. Another path: figures in JSON, read where
    /// the file is there, else written when the first texts have been measured; no text stands in it.
    /// </summary>
    public string? BaselinePath { get; set; }

    /// <summary>Gets or sets how many measured texts are compared with the baseline at a time; windows do not overlap. Default 200. At least 20.</summary>
    public int WindowTexts { get; set; } = 200;

    /// <summary>Gets or sets the probability with which a window without drift raises the alarm. Default 0.001: with the other defaults once in two million served texts. Above 0, below 1.</summary>
    public double FalseAlarmRate { get; set; } = 0.001;

    /// <summary>A copy, which later edits do not reach.</summary>
    public DriftOptions Clone() => (DriftOptions)MemberwiseClone();

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is outside its range; the message names value and limit.</exception>
    public void Validate()
    {
        That(SampleEvery >= 1, nameof(SampleEvery), SampleEvery, "at least 1");
        That(MaxTokens >= 2, nameof(MaxTokens), MaxTokens, "at least 2: a single token has no cosine");
        That(BaselineTexts >= 20, nameof(BaselineTexts), BaselineTexts, "at least 20");
        That(BaselinePath is null || !string.IsNullOrWhiteSpace(BaselinePath), nameof(BaselinePath), "empty", "a path, or null for the first served texts");
        That(WindowTexts >= 20, nameof(WindowTexts), WindowTexts, "at least 20");
        That(FalseAlarmRate is > 0 and < 1, nameof(FalseAlarmRate), FalseAlarmRate, "above 0 and below 1");
    }

    private static void That(bool good, string name, object value, string rule)
    {
        if (!good)
        {
            throw new ArgumentOutOfRangeException(name, string.Create(CultureInfo.InvariantCulture, $"ServingOptions.Drift.{name} is {value}; it must be {rule}."));
        }
    }
}
