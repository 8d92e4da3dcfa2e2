using System.Reflection;

namespace MLNet.Dispersion.Serving.Tests;

public sealed class ServingOptionsTests
{
    private const string Key = "0123456789abcdef";

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    [InlineData("192.168.0.7")]
    public void Validate_OpenToOthersWithoutKeys_IsRefused(string address)
    {
        var options = new ServingOptions { ModelPath = "m.zip", Address = address };
        Assert.Contains("AllowWithoutKeys", Assert.Throws<ArgumentException>(options.Validate).Message, StringComparison.Ordinal);

        options.ApiKeys = [Key];
        options.Validate();
        options.ApiKeys = [];
        options.AllowWithoutKeys = true;
        options.Validate();
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.8.8.8")]
    [InlineData("::1")]
    [InlineData("localhost")]
    public void Validate_Loopback_NeedsNoKey(string address) => new ServingOptions { ModelPath = "m.zip", Address = address }.Validate();

    [Theory]
    [InlineData("short")]
    [InlineData("0123456789 abcdef")]
    [InlineData("0123456789abcdé0")]
    public void Validate_KeyThatIsNone_IsRefusedWithoutBeingShown(string key)
    {
        var error = Assert.ThrowsAny<ArgumentException>(() => new ServingOptions { ModelPath = "m.zip", ApiKeys = [key] }.Validate());
        Assert.Contains("ApiKeys", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(key, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_CoversEveryNumberAndText()
    {
        foreach (PropertyInfo property in typeof(ServingOptions).GetProperties().Concat(typeof(DriftOptions).GetProperties()).Where(property => property.PropertyType != typeof(bool) && property.Name != nameof(ServingOptions.Drift)))
        {
            var options = new ServingOptions { ModelPath = "m.zip" };
            object? nonsense = property.PropertyType == typeof(int) ? -1
                : property.PropertyType == typeof(long) ? -1L
                : property.PropertyType == typeof(double) ? double.NaN
                : property.PropertyType == typeof(TimeSpan) ? TimeSpan.FromSeconds(-1)
                : property.PropertyType == typeof(string) ? " "
                : new[] { "" };
            property.SetValue(property.DeclaringType == typeof(DriftOptions) ? options.Drift : options, nonsense);
            Assert.Contains(property.Name, Assert.ThrowsAny<ArgumentException>(options.Validate).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Clone_IsReachedByNoLaterEdit()
    {
        List<string> keys = [Key];
        var options = new ServingOptions { ModelPath = "m.zip", ApiKeys = keys, Port = 7 };
        ServingOptions copy = options.Clone();
        keys.Add("x");
        options.Port = 8;
        options.Drift!.WindowTexts = 77;
        Assert.Equal((1, 7, 200), (copy.ApiKeys.Count, copy.Port, copy.Drift!.WindowTexts));
    }

    [Fact]
    public void Create_WithoutAModel_SaysSo()
    {
        Assert.Contains("ModelPath", Assert.ThrowsAny<ArgumentException>(() => DispersionServer.Create(new ServingOptions())).Message, StringComparison.Ordinal);
        Assert.Contains("no such file", Assert.Throws<ModelFileException>(() => DispersionServer.Create(new ServingOptions { ModelPath = "nowhere.zip" })).Message, StringComparison.Ordinal);
        Assert.Contains("Device", Assert.Throws<ArgumentException>(() => DispersionServer.Create(new ServingOptions { ModelPath = SavedModels.Embedder, Device = "cpu" })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_FileThatIsNoModel_IsRefusedByName()
    {
        string file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.zip");
        File.WriteAllText(file, "this is no zip");
        try
        {
            Assert.Contains(file, Assert.Throws<ModelFileException>(() => DispersionServer.Create(new ServingOptions { ModelPath = file })).Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
