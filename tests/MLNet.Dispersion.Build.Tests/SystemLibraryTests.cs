namespace MLNet.Dispersion.Build.Tests;

public class SystemLibraryTests
{
    [Fact]
    public void ParseLoaderCache_Listing_GivesPathsOfThatLibraryInOrder()
    {
        const string listing = """
            3 libs found in cache `/etc/ld.so.cache'
            	libstdc++.so.6 (libc6,x86-64) => /lib/x86_64-linux-gnu/libstdc++.so.6
            	libstdc++.so.6 (libc6) => /lib32/libstdc++.so.6
            	libstdc++.so.60 (libc6,x86-64) => /lib/libstdc++.so.60
            	libc.so.6 (libc6,x86-64) => /lib/x86_64-linux-gnu/libc.so.6
            """;

        Assert.Equal(
            ["/lib/x86_64-linux-gnu/libstdc++.so.6", "/lib32/libstdc++.so.6"],
            SystemLibrary.ParseLoaderCache(listing, "libstdc++.so.6"));
    }

    [Fact]
    public void Mentions_VersionThatOnlyBeginsAlike_IsFalse()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("libstdc++.so.6");
        File.WriteAllBytes(path, "\0GLIBCXX_3.4.3\0GLIBCXX_3.4.30\0"u8.ToArray());

        Assert.True(SystemLibrary.Mentions(path, "GLIBCXX_3.4.3"));
        Assert.True(SystemLibrary.Mentions(path, "GLIBCXX_3.4.30"));
        Assert.False(SystemLibrary.Mentions(path, "GLIBCXX_3.4"));
        Assert.False(SystemLibrary.Mentions(path, "GLIBCXX_3.4.32"));
    }

    [SkippableFact]
    public void Provides_LibraryOfThisSystem_KnowsOldVersionsAndNoInventedOnes()
    {
        const ushort x64 = 62;
        Skip.IfNot(SystemLibrary.Find("libstdc++.so.6", x64) is not null, "no x64 libstdc++ here");

        Assert.True(SystemLibrary.Provides("libstdc++.so.6", "GLIBCXX_3.4.11", x64));
        Assert.False(SystemLibrary.Provides("libstdc++.so.6", "GLIBCXX_9.9.99", x64));
        Assert.False(SystemLibrary.Provides("libstdc++.so.6", "GLIBCXX_3.4.11", machine: 8));
    }
}
