namespace MLNet.Dispersion.Tests;

/// <summary>What became of a reference case, from the least to the gravest: of several looks at one case the gravest counts.</summary>
internal enum ReferenceOutcome
{
    /// <summary>The expected answer; where the reference refuses or the case must be refused, our refusal.</summary>
    Equal,

    /// <summary>Not looked at, for want of something that is no fault of ours. Graver than equal: a case of which a part was not looked at is not known to be equal.</summary>
    Skipped,

    /// <summary>We name what is not supported where the reference answers.</summary>
    Refused,

    /// <summary>Any other answer or error.</summary>
    Wrong,
}
