namespace MLNet.Dispersion.Build.Tests;

/// <summary>Lets the tests of the packages share one packing, and keeps them from running beside each other.</summary>
[CollectionDefinition(Name)]
public sealed class PackagesDefinition : ICollectionFixture<PackedPackages>
{
    /// <summary>The collection's name.</summary>
    public const string Name = "Packages";
}
