using System.Text.Json.Serialization;

namespace MLNet.Dispersion;

/// <summary>How the solved examples before a question are chosen.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FewShotDraw>))]
public enum FewShotDraw
{
    /// <summary>(<c>random</c>) Drawn without replacement, anew for every item, from the seed and the item's place in its file.</summary>
    [JsonStringEnumMemberName("random")]
    Random,

    /// <summary>(<c>first</c>) The first ones of their file, in order.</summary>
    [JsonStringEnumMemberName("first")]
    First,

    /// <summary>(<c>harness</c>) Drawn item after item as the lm-evaluation-harness draws them (Python's generator with seed 1234, whatever the options' seed): for prompts that equal its own. An item's examples depend on the items before it.</summary>
    [JsonStringEnumMemberName("harness")]
    Harness,
}
