namespace MLNet.Dispersion.Statistics;

/// <summary>An entity of a sentence whose words are tagged.</summary>
/// <param name="Type">Its type, such as PER; <c>_</c> where tags name none.</param>
/// <param name="First">The index of its first word.</param>
/// <param name="Last">The index of its last word, which belongs to it.</param>
public readonly record struct TaggedEntity(string Type, int First, int Last);
