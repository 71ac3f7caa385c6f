using Muqeem.Agencies;
using Muqeem.Kernel;
using NodaTime;

namespace Muqeem.Sandbox.StandIns;

/// <summary>The national sign-in's contract, as its client meets it.</summary>
public class NationalAppTests
{
    [Fact]
    public async Task Some_people_answer_by_themselves_and_one_never()
    {
        await using var sandbox = await TestSandbox.StartAsync();
        var agency = sandbox.Client<FederatedSignIn>();
        Assert.True(agency.IsConfigured);
        var asked = new Dictionary<PhoneHabit, SignInRequestOpened>();
        foreach (var (index, habit) in NationalApp.Habits)
        {
            asked[habit] = ContractTests.Found(await agency.RequestAsync(sandbox.People.At(index).Number, sandbox.NewId()));
            Assert.InRange(asked[habit].Number, 10, 99);
            Assert.Equal(SignInRequestState.Waiting, ContractTests.Found(await agency.StandingAsync(asked[habit].Transaction)).State);
        }
        sandbox.Advance(TimeSpan.FromSeconds(6));
        var confirmed = ContractTests.Found(await agency.StandingAsync(asked[PhoneHabit.Confirms].Transaction));
        Assert.Equal((SignInRequestState.Completed, sandbox.People.At(27).Number), (confirmed.State, confirmed.ResidentNumber));
        Assert.Equal(asked[PhoneHabit.Confirms].AsOf + NationalApp.Takes, confirmed.ConfirmedAt);
        Assert.Equal(SignInRequestState.Rejected, ContractTests.Found(await agency.StandingAsync(asked[PhoneHabit.Refuses].Transaction)).State);
        Assert.Equal(SignInRequestState.Waiting, ContractTests.Found(await agency.StandingAsync(asked[PhoneHabit.Off].Transaction)).State);
        Assert.Null(sandbox.Inside<NationalApp>().Answer(asked[PhoneHabit.Off].Transaction, asked[PhoneHabit.Off].Number));
        sandbox.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(SignInRequestState.Expired, ContractTests.Found(await agency.StandingAsync(asked[PhoneHabit.Off].Transaction)).State);
        Assert.Equal(SignInRequestState.Completed, ContractTests.Found(await agency.StandingAsync(asked[PhoneHabit.Confirms].Transaction)).State);
    }

    [Fact]
    public async Task One_request_of_a_person_is_open_and_only_the_number_that_is_shown_confirms_it()
    {
        await using var sandbox = await TestSandbox.StartAsync();
        var (agency, phones) = (sandbox.Client<FederatedSignIn>(), sandbox.Inside<NationalApp>());
        var number = sandbox.People.At(8).Number;
        var first = ContractTests.Found(await agency.RequestAsync(number, sandbox.NewId()));
        var id = sandbox.NewId();
        var second = ContractTests.Found(await agency.RequestAsync(number, id));
        // The same request again, because its answer was lost, is the same.
        Assert.Equal(second.Transaction, ContractTests.Found(await agency.RequestAsync(number, id)).Transaction);
        Assert.Equal(SignInRequestState.Expired, ContractTests.Found(await agency.StandingAsync(first.Transaction)).State);
        Assert.Null(phones.Answer(first.Transaction, first.Number));
        var offered = phones.Newest(number, 1).Single().Offered;
        Assert.Equal(3, offered.Distinct().Count());
        Assert.Equal(nameof(SignInRequestState.Rejected), phones.Answer(second.Transaction, offered.First(n => n != second.Number))!.State);
        Assert.Null(phones.Answer(second.Transaction, second.Number));
        var third = ContractTests.Found(await agency.RequestAsync(number, sandbox.NewId()));
        Assert.Equal(nameof(SignInRequestState.Completed), phones.Answer(third.Transaction, third.Number)!.State);
    }

    [Fact]
    public async Task Children_newcomers_and_people_without_a_mobile_have_no_app()
    {
        await using var sandbox = await TestSandbox.StartAsync();
        var agency = sandbox.Client<FederatedSignIn>();
        foreach (var number in new[] { sandbox.People.At(11).Number, "2999999994" })
        {
            Assert.IsType<AgencyAnswer<SignInRequestOpened>.NotFound>(await agency.RequestAsync(number, sandbox.NewId()));
        }
        Assert.Equal(("status", "422 field.invalid"), Assert.IsType<AgencyAnswer<SignInRequestOpened>.Broken>(await agency.RequestAsync(sandbox.People.At(0).BorderNumber, sandbox.NewId())) is var broken ? (broken.Field, broken.Breach) : default);
        Assert.IsType<AgencyAnswer<SignInRequestStanding>.NotFound>(await agency.StandingAsync(sandbox.NewId()));
    }

    [Fact]
    public async Task The_page_of_the_phone_says_that_it_is_a_stand_in_and_habits_can_be_set_there()
    {
        await using var sandbox = await TestSandbox.StartAsync();
        var number = sandbox.People.At(27).Number;
        using var http = sandbox.Http;
        http.DefaultRequestHeaders.Accept.ParseAdd("text/html");
        using (var set = await http.PostAsync("/phone/habits", new FormUrlEncodedContent([new("number", number), new("habit", "ByHand")])))
        {
            Assert.True((int)set.StatusCode < 400);
        }
        var opened = ContractTests.Found(await sandbox.Client<FederatedSignIn>().RequestAsync(number, sandbox.NewId()));
        sandbox.Advance(TimeSpan.FromSeconds(20));
        var page = await http.GetStringAsync("/phone?number=" + number);
        Assert.Contains("stand-in", page);
        Assert.Contains("يمثّله هذا البرنامج", page);
        Assert.Contains($"<button name=\"picked\" value=\"{opened.Number}\">", page);
        Assert.Equal(3, page.Split("name=\"picked\" value=\"").Length - 2);
        Assert.DoesNotContain("<script", page);
        using var wrong = await http.PostAsync("/phone/habits", new FormUrlEncodedContent([new("number", number), new("habit", "nothing")]));
        Assert.Equal(422, (int)wrong.StatusCode);
        using var none = await http.PostAsync("/phone/answers", new FormUrlEncodedContent([new("transaction", Guid.CreateVersion7().ToString()), new("picked", "10")]));
        Assert.Equal(404, (int)none.StatusCode);
    }
}
