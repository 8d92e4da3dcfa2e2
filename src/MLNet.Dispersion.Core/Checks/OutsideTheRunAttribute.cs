namespace MLNet.Dispersion;

/// <summary>Marks an option that changes nothing of what training computes, or that a run's fingerprint notes apart in its resolved form: an interrupted run goes on whatever it is.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class OutsideTheRunAttribute : Attribute;
